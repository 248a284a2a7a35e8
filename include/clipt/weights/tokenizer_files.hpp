// A tokenizer as the files that transformers and open_clip expect beside a model's weights.
#pragma once
#include <cstdint>      // int32_t
#include <map>          // map
#include <span>         // as_bytes
#include <string>       // string
#include <string_view>  // string_view

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>                   // io_error
#include <clipt/io/sha256.hpp>                    // sha256
#include <clipt/text/tokenizer.hpp>               // tokenizer
#include <clipt/weights/hugging_face_config.hpp>  // hugging_face_tokenizer
#include <clipt/weights/json_fields.hpp>          // field_writer, ordered_json
#include <clipt/weights/open_clip_config.hpp>     // open_clip_tokenizer

namespace clipt::inline CLIPT_BUILD {

/// Files by name.
using file_texts = std::map<std::string, std::string>;

namespace detail {

/// Whether these are the merges that OpenAI released, which open_clip holds itself.
inline bool has_clips_vocabulary(const tokenizer& words) {
  constexpr std::string_view digest = "f61f2adf497e6f5357c347aeb4646fabe82f341e946de5bdec5d2858e41bef4a";
  if (words.vocabulary_size() != 49408) return false;
  const std::string text = words.with_cleaning({}).with_rules({}).merges_text();
  return sha256(std::as_bytes(std::span(text).subspan(text.find('\n') + 1))) == digest;
}

/// vocab.json, merges.txt and what says how transformers' CLIPTokenizer uses them.
inline file_texts tokenizer_files(const tokenizer& words, int context) {
  ordered_json vocabulary = ordered_json::object();
  for (std::int32_t id = 0; id < words.vocabulary_size(); ++id) vocabulary[words.symbol(id)] = id;
  const std::string start(start_of_text_literal), end(end_of_text_literal);
  const ordered_json special = {{"bos_token", start}, {"eos_token", end}, {"unk_token", end}, {"pad_token", end}};
  ordered_json config = special;
  hugging_face_tokenizer(field_writer(config), context);
  return {{hugging_face_vocabulary_file, vocabulary.dump()},
          {merges_file, words.merges_text() + '\n'},
          {"special_tokens_map.json", special.dump(2)},
          {hugging_face_tokenizer_file, config.dump(2)}};
}

/// CLIPTokenizer makes every text lower case and leaves punctuation in it. Errors: io_error for a tokenizer that keeps
/// case, or leaves punctuation out.
inline void check_fits_transformers(const tokenizer& words) {
  const bool keeps_case = words.cleaning() == text_cleaning::whitespace && words.rules() != token_rules::hugging_face;
  if (keeps_case || words.cleaning() == text_cleaning::canonicalize)
    throw io_error(fmt::format(
        "clipt::hugging_face_files: texts are cleaned by '{}', transformers' CLIPTokenizer cannot do that; write the "
        "model in open_clip's format, or without a tokenizer",
        text_cleaning_names[static_cast<std::size_t>(words.cleaning())]));
}

/// What text_cfg says of the tokenizer: CLIP's own vocabulary is open_clip's SimpleTokenizer; another one, or one by
/// transformers' rules, its HFTokenizer, which looks in the folder itself whatever the name.
inline void write_open_clip_tokenizer(const open_clip_objects<field_writer>& file, const tokenizer& words) {
  const bool by_transformers = words.rules() == token_rules::hugging_face && words.cleaning() != text_cleaning::none;
  std::string name = has_clips_vocabulary(words) && !by_transformers ? "" : ".";
  text_cleaning cleaning = words.cleaning() == text_cleaning::none ? open_clip_cleaning(name) : words.cleaning();
  open_clip_tokenizer(file, name, cleaning);
}

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD
