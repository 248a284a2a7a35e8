// A model's tensors among all that a training program saved, found by their names whatever stands before them.
#pragma once
#include <algorithm>    // any_of, find, max_element, min, sort
#include <array>        // array
#include <cstddef>      // size_t
#include <functional>   // less
#include <map>          // map
#include <optional>     // optional
#include <set>          // set
#include <span>         // span
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move, pair
#include <vector>       // vector

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>                // io_error
#include <clipt/io/printable.hpp>              // printable
#include <clipt/io/tensor_entry.hpp>           // tensor_entry
#include <clipt/weights/checkpoint_names.hpp>  // translations, average_prefix

namespace clipt::inline CLIPT_BUILD::detail {

/// A tensor under its name in a file, of which `holder` bytes lead to the dictionary that it lies in.
struct held_tensor {
  tensor_entry entry;
  std::size_t holder = 0;
  std::string_view holder_name() const { return std::string_view(entry.name).substr(0, holder); }
};

/// What of OpenAI's CLIP a tensor with this name is, in OpenAI's words; the same word for the same of Hugging Face's.
inline std::optional<std::string> meaning_of(std::string_view name) {
  const auto foreign = translations(name, &name_pair::hugging_face, &name_pair::openai);
  if (!foreign.empty())
    return foreign.front().part == 0 ? foreign.front().name
                                     : fmt::format("{}#{}", foreign.front().name, foreign.front().part);
  constexpr std::string_view text = "text.";
  if (name.starts_with(text) && !name.substr(text.size()).starts_with("visual.")) name.remove_prefix(text.size());
  constexpr std::array<std::string_view, 3> others = {"text_projection.weight", "text_projection.bias", "logit_bias"};
  if (std::find(others.begin(), others.end(), name) != others.end() ||
      !translations(name, &name_pair::openai, &name_pair::hugging_face).empty())
    return std::string(name);
  // A ResNet, or pooling by attention.
  constexpr std::array<std::string_view, 8> of_layers = {
      ".weight", ".bias", ".running_mean", ".running_var", ".num_batches_tracked", ".query", "_weight", "_bias"};
  const auto ends = [&](std::string_view end) { return name.ends_with(end); };
  const bool pooled = name == "visual.attnpool.positional_embedding";
  if (pooled || (name.starts_with("visual.") && std::any_of(of_layers.begin(), of_layers.end(), ends)))
    return std::string(name);
  return {};
}

/// A name without the words that PyTorch puts between the parts of another: distributed, compiled, sharded and checkpointed
/// modules have the model's own as a member.
inline std::string without_module_wrappers(std::string_view name) {
  constexpr std::array<std::string_view, 6> words = {
      "module", "_orig_mod", "_fsdp_wrapped_module", "_fpw_module", "_checkpoint_wrapped_module", "_forward_module"};
  std::string out;
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find('.', at), name.size());
    const std::string_view word = name.substr(at, end - at);
    if (std::find(words.begin(), words.end(), word) == words.end()) {
      if (!out.empty()) out += '.';
      out += word;
    }
    at = end + 1;
  }
  return out;
}

/// Chooses the model among a file's tensors: those whose names, after the same prefix, are a CLIP's.
class model_search {
 public:
  /// `source` is what messages call the file.
  model_search(std::vector<held_tensor> all, std::string source) : all_(std::move(all)), source_(std::move(source)) {
    for (const held_tensor& tensor : all_) spellings_.push_back({without_module_wrappers(tensor.entry.name), {}, {}});
    name_bare_towers();
    for (spelling& s : spellings_) {
      for (std::size_t at = 0, part = 0; !s.meaning && at != std::string::npos && part < most_parts; ++part) {
        s.meaning = meaning_of(std::string_view(s.name).substr(at));
        s.prefix = s.name.substr(0, at);
        at = next_part(s.name, at);
      }
      if (s.meaning) groups_[s.prefix].insert(*s.meaning);
    }
  }

  /// The model's tensors by their names in it, and with them what else lies in the same dictionaries and may be part of
  /// it; `left_out` gets the names of the others. Errors: io_error if several models are equally good, or one is there
  /// twice.
  std::vector<tensor_entry> model(std::vector<std::string>& left_out) {
    const std::set<std::string> chosen = choose();
    std::set<std::string, std::less<>> holders;
    for (std::size_t i = 0; i < all_.size(); ++i)
      if (spellings_[i].meaning && chosen.contains(spellings_[i].prefix)) holders.emplace(all_[i].holder_name());
    std::vector<std::pair<std::string_view, std::size_t>> names;  // in the model, and whose
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const spelling& s = spellings_[i];
      const bool is_the_models = s.meaning ? chosen.contains(s.prefix) : holders.contains(all_[i].holder_name());
      if (!groups_.empty() && !is_the_models)
        left_out.push_back(all_[i].entry.name);
      else
        names.emplace_back(
            s.meaning ? std::string_view(s.name).substr(s.prefix.size()) : without_prefix(s.name, chosen), i);
    }
    check_each_is_there_once(names);
    std::vector<tensor_entry> out;
    for (const auto& [name, i] : names) {
      all_[i].entry.name = std::string(name);
      out.push_back(std::move(all_[i].entry));
    }
    return out;
  }

 private:
  struct spelling {
    std::string name, prefix;  // without module wrappers; what stands before the name in the model
    std::optional<std::string> meaning;
  };

  static constexpr std::size_t most_parts = 24;  // before and in a name; those of a CLIP have at most 8

  /// transformers 5 saves a tower alone without the name that it has in the whole: "embeddings" for "vision_model.embeddings".
  void name_bare_towers() {
    constexpr std::pair<std::string_view, std::string_view> signs[] = {
        {"embeddings.patch_embedding.weight", "vision_model."}, {"embeddings.token_embedding.weight", "text_model."}};
    constexpr std::size_t most = 8;
    std::vector<std::pair<std::string, std::string_view>> towers;  // what stands before each, and its name
    for (const spelling& s : spellings_)
      for (const auto& [sign, tower] : signs) {
        if (!s.name.ends_with(sign) || towers.size() == most) continue;
        const std::string before = s.name.substr(0, s.name.size() - sign.size());
        if ((before.empty() || before.ends_with('.')) && !before.ends_with(tower)) towers.emplace_back(before, tower);
      }
    for (spelling& s : spellings_)
      for (const auto& [before, tower] : towers) {
        if (!s.name.starts_with(before)) continue;
        std::string whole = std::string(tower) += s.name.substr(before.size());
        if (!meaning_of(whole)) continue;
        s.name = before + whole;
        break;
      }
  }

  static std::size_t next_part(const std::string& name, std::size_t at) {
    const std::size_t dot = name.find('.', at);
    return dot == std::string::npos ? dot : dot + 1;
  }
  static std::string_view without_prefix(std::string_view name, const std::set<std::string>& prefixes) {
    for (auto i = prefixes.rbegin(); i != prefixes.rend(); ++i)
      if (name.starts_with(*i)) return name.substr(i->size());
    return name;
  }

  void check_each_is_there_once(std::vector<std::pair<std::string_view, std::size_t>> names) const {
    std::sort(names.begin(), names.end());
    for (std::size_t i = 1; i < names.size(); ++i)
      if (names[i].first == names[i - 1].first)
        throw io_error(
            fmt::format("clipt::checkpoint_file: {}: '{}' is there twice, as {} and as {}; save the one you "
                        "mean in a file of its own",
                        source_, printable(names[i].first), printable(all_[names[i - 1].second].entry.name),
                        printable(all_[names[i].second].entry.name)));
  }

  /// Of equally complete models train_clip's average is the best, and of others the one that is no average or teacher.
  static int preference(std::string_view prefix) {
    constexpr std::array<std::string_view, 8> copies = {"ema",     "average",  "avg",  "swa",
                                                        "teacher", "momentum", "grad", "optim"};
    if (prefix == average_prefix) return 2;
    return std::any_of(copies.begin(), copies.end(), [&](auto word) { return prefix.find(word) != prefix.npos; }) ? 0
                                                                                                                  : 1;
  }

  /// The prefix of the most complete model, and those of what it lacks: towers may lie apart.
  std::set<std::string> choose() const {
    if (groups_.empty()) return {};
    const auto better = [](const auto& a, const auto& b) {
      if (a.second.size() != b.second.size()) return a.second.size() < b.second.size();
      return preference(a.first) < preference(b.first);
    };
    const auto best = std::max_element(groups_.begin(), groups_.end(), better);
    std::set<std::string> chosen{best->first}, meanings = best->second;
    for (auto i = groups_.begin(); i != groups_.end(); ++i) {
      if (i == best) continue;
      const auto known = [&](const std::string& meaning) { return meanings.contains(meaning); };
      const auto& more = i->second;
      if (!std::any_of(more.begin(), more.end(), known)) {
        chosen.insert(i->first);
        meanings.insert(more.begin(), more.end());
      } else if (!better(*best, *i) && !better(*i, *best)) {
        throw io_error(
            fmt::format("clipt::checkpoint_file: {}: holds two models of {} tensors, below '{}' and below '{}'; "
                        "save the one you mean in a file of its own",
                        source_, more.size(), printable(best->first), printable(i->first)));
      }
    }
    return chosen;
  }

  std::vector<held_tensor> all_;
  std::string source_;
  std::vector<spelling> spellings_;
  std::map<std::string, std::set<std::string>> groups_;  // the meanings below each prefix
};

}  // namespace clipt::inline CLIPT_BUILD::detail
