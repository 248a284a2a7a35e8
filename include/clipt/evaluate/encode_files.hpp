// The embeddings of picture files: those that cannot be read are named and left out.
#pragma once
#include <algorithm>   // count_if, fill_n
#include <filesystem>  // path
#include <span>        // span
#include <string>      // string
#include <utility>     // move
#include <vector>      // vector

#include <clipt/evaluate/encoders.hpp>  // encoders, encode_readable
#include <clipt/io/image_file.hpp>      // read_image
#include <clipt/io/printable.hpp>       // printable

namespace clipt::inline CLIPT_BUILD {

/// Unit embeddings of files or texts, and why some have none.
struct file_embeddings {
  embeddings values;                 ///< [files, embed]; zeros for a file without one
  std::vector<std::string> reasons;  ///< of each file: empty if it has an embedding

  std::size_t bad() const {
    return static_cast<std::size_t>(std::count_if(reasons.begin(), reasons.end(), [](auto& r) { return !r.empty(); }));
  }
};

namespace detail {

/// The rows of those without an embedding become zeros.
inline file_embeddings without_bad_rows(file_embeddings all) {
  for (std::size_t i = 0; i < all.reasons.size(); ++i)
    if (!all.reasons[i].empty())
      std::fill_n(all.values.values.begin() + static_cast<std::ptrdiff_t>(i) * all.values.embed, all.values.embed, 0.f);
  return all;
}

}  // namespace detail

/// Reads, preprocesses and encodes picture files in their order, on several threads.
inline file_embeddings encode_files(const encoders& model, std::span<const std::filesystem::path> files) {
  file_embeddings result{{}, std::vector<std::string>(files.size())};
  result.values = detail::encode_readable(
      model, model.pictures, static_cast<dim_t>(files.size()),
      [&](dim_t i) { return read_image(files[static_cast<std::size_t>(i)]); },
      [&](dim_t i, const error& e) {
        const std::filesystem::path& file = files[static_cast<std::size_t>(i)];
        std::string& reason = result.reasons[static_cast<std::size_t>(i)];
        if (!reason.empty()) return;
        reason = e.what();
        if (reason.find(file.string()) == std::string::npos) reason = file.string() + ": " + reason;
      });
  return detail::without_bad_rows(std::move(result));
}

/// The embeddings of texts in their order, on the model's threads.
inline file_embeddings encode_lines(const encoders& model, std::span<const std::string> texts) {
  file_embeddings result{model.texts(texts), std::vector<std::string>(texts.size())};
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (!detail::is_usable(result.values.row(static_cast<dim_t>(i))))
      result.reasons[i] = fmt::format("'{}': {}", detail::printable(texts[i]), detail::unusable_text);
  return detail::without_bad_rows(std::move(result));
}

}  // namespace clipt::inline CLIPT_BUILD
