// The tokenizer that a model's folder holds: in files of OpenAI, open_clip or transformers, by that library's rules.
#pragma once
#include <filesystem>   // path
#include <optional>     // optional
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

#include <fmt/format.h>  // format
#include <fmt/ranges.h>  // join

#include <clipt/text/tokenizer.hpp>               // tokenizer
#include <clipt/weights/checkpoint_file.hpp>      // checkpoint_file
#include <clipt/weights/hugging_face_config.hpp>  // hugging_face_tokenizer
#include <clipt/weights/json_file.hpp>            // json_file
#include <clipt/weights/open_clip_config.hpp>     // open_clip_tokenizer

namespace clipt::inline CLIPT_BUILD {

/// A model's tokenizer, and the file that holds its merges.
struct tokenizer_source {
  tokenizer words;
  std::filesystem::path file;
};

namespace detail {

inline constexpr const char* clip_vocabulary_file = "bpe_simple_vocab_16e6.txt.gz";

/// Refuses what only other tokenizers than CLIP's have.
inline void refuse_other_tokenizers(const open_clip_objects<field_reader>& file) {
  const auto none = [](const field_reader& object, const char* key) {
    std::string text;
    object.option(key, text);
    object.require(text.empty(), key, "understood: none");
  };
  none(file.text, "tokenizer_mode");
  none(file.tokenizer, "reduction_mask");
  const char* const tokens = "additional_special_tokens";
  file.tokenizer.require(file.tokenizer.at(tokens).empty(), tokens, "understood: none");
}

/// How a folder's texts become words, as its open_clip_config.json says. Without hf_tokenizer_name open_clip takes its
/// SimpleTokenizer, with one its HFTokenizer on the folder's files.
inline text_rules rules_of_open_clip(const json_file& json) {
  const open_clip_objects file{field_reader(json)};
  refuse_other_tokenizers(file);
  std::string name;
  text_cleaning cleaning{};
  open_clip_tokenizer(file, name, cleaning);
  return {cleaning, name.empty() ? token_rules::open_clip : token_rules::hugging_face};
}

/// A vocabulary in JSON must number the symbols as the merges do: bytes, bytes that end words, merges, start, end.
inline void check_numbers(const tokenizer& words, const json_file& json, const std::string& below) {
  const nlohmann::json& vocabulary = json.at(below);
  for (std::int32_t id = 0; id < words.vocabulary_size(); ++id) {
    const std::string symbol = words.symbol(id);
    const auto found = vocabulary.find(symbol);
    if (found == vocabulary.end() || *found != id)
      throw io_error(fmt::format("{}: {} is {}: expected {}, its number by the order of the merges",
                                 json.path().string(), shown(symbol),
                                 found == vocabulary.end() ? "missing" : shown(*found), id));
  }
  if (vocabulary.size() != static_cast<std::size_t>(words.vocabulary_size()))
    throw io_error(fmt::format("{}: {} symbols: expected {}: 512 for bytes, the merges, start and end of a text",
                               json.path().string(), vocabulary.size(), words.vocabulary_size()));
}

/// tokenizer.json of transformers: byte pairs with CLIP's mark of a word's end.
inline tokenizer tokenizer_of_json(const std::filesystem::path& path) {
  const json_file json(path);
  (void)json.one_of<const char*>("/model/type", 0, {{"BPE", 0}});
  if (json.text("/model/end_of_word_suffix") != end_of_word)
    json.refuse("/model/end_of_word_suffix", R"(understood: "</w>", as in CLIP's tokenizers)");
  const nlohmann::json& list = json.at("/model/merges");
  if (!list.is_array()) json.refuse("/model/merges", "expected a list of merges");
  std::vector<std::string> merges;
  for (const nlohmann::json& merge : list) {
    const bool pair = merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string();
    if (!pair && !merge.is_string())
      json.refuse(fmt::format("/model/merges/{}", merges.size()), R"(expected "left right" or ["left", "right"])");
    merges.push_back(pair ? merge[0].get<std::string>() + ' ' + merge[1].get<std::string>() : merge.get<std::string>());
  }
  tokenizer words = tokenizer::from_merges(merges, path.string());
  check_numbers(words, json, "/model/vocab");
  const std::size_t added = json.at("/added_tokens").size();
  for (std::size_t i = 0; i < added; ++i)
    (void)json.one_of<std::string_view>(fmt::format("/added_tokens/{}/content", i), 0,
                                        {{start_of_text_literal, 0}, {end_of_text_literal, 0}});
  return words;
}

/// A file of merges, whose numbers vocab.json beside it repeats.
inline tokenizer tokenizer_of_merges(const std::filesystem::path& path) {
  tokenizer words = tokenizer::from_file(path);
  if (const json_file vocabulary(path.parent_path() / hugging_face_vocabulary_file); vocabulary.exists())
    check_numbers(words, vocabulary, "");
  return words;
}

/// What a folder may hold a vocabulary in; transformers looks for the last ones first.
inline constexpr std::string_view vocabulary_files[] = {clip_vocabulary_file, merges_file, "tokenizer.json"};

inline std::optional<tokenizer_source> vocabulary_in(const std::filesystem::path& folder, bool transformers) {
  constexpr std::size_t count = std::size(vocabulary_files);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view name = vocabulary_files[transformers ? count - 1 - i : i];
    const std::filesystem::path path = folder / name;
    if (!std::filesystem::exists(path)) continue;
    if (name == "tokenizer.json") return tokenizer_source{tokenizer_of_json(path), path};
    return tokenizer_source{name == merges_file ? tokenizer_of_merges(path) : tokenizer::from_file(path), path};
  }
  return {};
}

/// The vocabulary that train_clip writes into a checkpoint.
inline std::optional<tokenizer_source> vocabulary_within(const std::filesystem::path& weights) {
  if (weights.extension() != ".safetensors") return {};
  const safetensors_file file(weights);
  const auto found = file.metadata().find("clipt.merges");
  if (found == file.metadata().end()) return {};
  return tokenizer_source{tokenizer::from_merges_text(found->second), weights};
}

/// transformers' own words for which tokenizer it is. Errors: io_error, by its name, for one that is not CLIP's.
inline void check_tokenizer_class(const std::filesystem::path& folder) {
  hugging_face_tokenizer(field_reader(json_file(folder / hugging_face_tokenizer_file)), 0);
}

/// The rules for texts of a folder without open_clip_config.json: those of transformers, or as a file of merges says.
inline std::optional<text_rules> rules_in(const checkpoint_file& file) {
  const json_file open_clip(open_clip_config_beside(file.path()));
  const bool hugging_face = file.names() == naming::hugging_face;
  if (open_clip.exists() && !hugging_face) return rules_of_open_clip(open_clip);
  if (hugging_face) return text_rules{text_cleaning::none, token_rules::hugging_face};
  return {};
}

}  // namespace detail

/// The tokenizer beside a model's weights, or in them if train_clip wrote them; nothing if there is none.
///
/// Read are bpe_simple_vocab_16e6.txt.gz, merges.txt (with vocab.json, if it is there) and tokenizer.json, or `given`, a
/// file of merges, instead. Texts are cleaned and cut as the library does it whose files these are: by
/// open_clip_config.json as open_clip's get_tokenizer, with tensors in Hugging Face's names as transformers'
/// CLIPTokenizer, otherwise as OpenAI. Errors: io_error for a tokenizer that is not CLIP's kind, or that is spelled
/// wrongly, with file and line or key.
inline std::optional<tokenizer_source> find_tokenizer(const checkpoint_file& file,
                                                      const std::filesystem::path& given = {}) {
  const std::filesystem::path folder = file.path().parent_path();
  const std::optional<detail::text_rules> how = detail::rules_in(file);
  const bool transformers = how && how->rules == token_rules::hugging_face;
  std::optional<tokenizer_source> found = detail::vocabulary_within(file.path());
  if (found && given.empty()) return found;
  if (!given.empty()) {
    found = {tokenizer::from_file(given), given};
  } else {
    if (transformers) detail::check_tokenizer_class(folder);
    found = detail::vocabulary_in(folder, transformers);
  }
  if (found && how) found->words = found->words.with_cleaning(how->cleaning).with_rules(how->rules);
  return found;
}

/// The same where there must be one. Errors: io_error that says what was looked for, and where.
inline tokenizer_source read_tokenizer(const checkpoint_file& file, const std::filesystem::path& given = {}) {
  if (std::optional<tokenizer_source> found = find_tokenizer(file, given)) return *std::move(found);
  const std::filesystem::path folder = file.path().parent_path();
  const std::filesystem::path config = detail::open_clip_config_beside(file.path());
  std::string name;
  detail::open_clip_tokenizer_name(detail::open_clip_objects(detail::field_reader(detail::json_file(config))), name);
  throw io_error(fmt::format(
      "{}: no tokenizer beside the weights: looked in {} for {}{}; or name a file of merges (--vocabulary)",
      file.path().string(), folder.empty() ? "." : folder.string(), fmt::join(detail::vocabulary_files, ", "),
      name.empty() ? "" : fmt::format(" ({} names '{}')", config.filename().string(), name)));
}

}  // namespace clipt::inline CLIPT_BUILD
