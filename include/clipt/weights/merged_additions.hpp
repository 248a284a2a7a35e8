// A model's tensors with the additions of low rank that a run has trained apart, merged into them.
#pragma once
#include <algorithm>  // find, min
#include <charconv>    // from_chars
#include <deque>       // deque
#include <filesystem>  // path
#include <map>         // map
#include <span>        // span
#include <string>      // string
#include <vector>      // vector

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>       // io_error
#include <clipt/io/printable.hpp>     // printable
#include <clipt/io/safetensors.hpp>   // safetensors_file
#include <clipt/io/sha256.hpp>        // sha256
#include <clipt/io/tensor_entry.hpp>  // tensor_entry, make_entry, to_vector

namespace clipt::inline CLIPT_BUILD {

/// A digest of the weights that additions are made to: of each its name and first numbers as float, in whichever type it is
/// stored.
class digest_of_base {
 public:
  void add(const std::string& name, std::span<const float> values) {
    firsts_[name] = sha256(std::as_bytes(values.first(std::min<std::size_t>(1024, values.size()))));
  }
  std::string text() const {
    std::string facts;
    for (const auto& [name, digest] : firsts_) facts += name + ' ' + digest + '\n';
    return sha256(std::as_bytes(std::span(facts)));
  }

 private:
  std::map<std::string, std::string> firsts_;
};

/// Tensors of which those with additions are weight + scale up down as float, the others as they were.
///
/// The file is a run's lora.safetensors: `NAME.lora_A` is down [rank, in], `NAME.lora_B` up [out, rank], and its metadata
/// have `clipt.lora_scale` and `clipt.lora_base`, a digest_of_base. Errors: io_error for other files, for additions to what
/// is not there or has other extents, and for other weights than they were trained beside. PyTorch equivalent: `merge_and_unload()` of peft.
class merged_additions {
 public:
  merged_additions(std::span<const tensor_entry> tensors, const std::filesystem::path& file)
      : tensors_(tensors.begin(), tensors.end()), file_(file), source_(file.string()) {
    constexpr std::string_view of_down = ".lora_A";
    const double scale = scale_of();
    for (const tensor_entry& down : file_.entries()) {
      if (!down.name.ends_with(of_down)) continue;
      const std::string name = down.name.substr(0, down.name.size() - of_down.size());
      const tensor_entry* const up = file_.find(name + ".lora_B");
      if (up == nullptr) refuse(fmt::format("there is {} and no .lora_B beside it", detail::printable(down.name)));
      add(name, down, *up, scale);
    }
    const auto base = file_.metadata().find("clipt.lora_base");  // files of earlier runs have none
    if (base != file_.metadata().end() && base->second != base_.text())
      refuse(
          "these are additions to other weights; give the model that --pretrained was (a run's checkpoint has its "
          "additions already)");
  }
  merged_additions(const merged_additions&) = delete;  // entries refer to the sums

  /// Valid as long as this and the tensors are.
  const std::vector<tensor_entry>& entries() const { return tensors_; }
  /// How many tensors have additions.
  std::size_t count() const { return sums_.size(); }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw io_error(fmt::format("clipt::merged_additions: {}: {}", source_, why));
  }

  double scale_of() const {
    const auto found = file_.metadata().find("clipt.lora_scale");
    double scale = 0;
    const bool known =
        found != file_.metadata().end() &&
        std::from_chars(found->second.data(), found->second.data() + found->second.size(), scale).ec == std::errc{};
    if (!known) refuse("no additions of train_clip: its metadata have no number clipt.lora_scale");
    return scale;
  }

  void add(const std::string& name, const tensor_entry& down, const tensor_entry& up, double scale) {
    const auto at = std::ranges::find(tensors_, name, &tensor_entry::name);
    if (at == tensors_.end())
      refuse(fmt::format("an addition to {}, which the model does not have", detail::printable(name)));
    const bool fits = at->shape.size() == 2 && down.shape.size() == 2 && up.shape.size() == 2 &&
                      down.shape[1] == at->shape[1] && up.shape[0] == at->shape[0] && up.shape[1] == down.shape[0];
    if (!fits)
      refuse(fmt::format("{} is [{}], the factors of its addition [{}] and [{}]; it is another model's",
                         detail::printable(name), detail::joined(at->shape), detail::joined(up.shape),
                         detail::joined(down.shape)));
    const auto out = static_cast<std::size_t>(at->shape[0]), in = static_cast<std::size_t>(at->shape[1]);
    const auto rank = static_cast<std::size_t>(down.shape[0]);
    base_.add(name, to_vector<float>(*at));
    const std::vector<double> base = to_vector<double>(*at), a = to_vector<double>(down), b = to_vector<double>(up);
    std::vector<float>& sum = sums_.emplace_back(out * in);
    std::vector<double> row(in);
    for (std::size_t i = 0; i < out; ++i) {
      std::copy_n(base.begin() + static_cast<std::ptrdiff_t>(i * in), in, row.begin());
      for (std::size_t r = 0; r < rank; ++r)
        for (std::size_t j = 0; j < in; ++j) row[j] += scale * b[i * rank + r] * a[r * in + j];
      for (std::size_t j = 0; j < in; ++j) sum[i * in + j] = static_cast<float>(row[j]);
    }
    *at = make_entry<float>(name, at->shape, sum);
  }

  std::vector<tensor_entry> tensors_;
  safetensors_file file_;
  std::string source_;
  digest_of_base base_;
  std::deque<std::vector<float>> sums_;  // never moved: entries refer to them
};

}  // namespace clipt::inline CLIPT_BUILD
