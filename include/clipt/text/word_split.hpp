// Cuts a cleaned text into the pieces that byte pairs are formed in: words, contractions, single digits, punctuation.
#pragma once
#include <array>        // array
#include <cstddef>      // size_t
#include <cstdint>      // uint8_t
#include <string_view>  // string_view

#include <clipt/text/unicode.hpp>  // next, is_letter

namespace clipt::inline CLIPT_BUILD {

/// What stands for the start and the end of a text among the ids; written in a text they are the same two ids.
inline constexpr std::string_view start_of_text_literal = "<|startoftext|>";
inline constexpr std::string_view end_of_text_literal = "<|endoftext|>";

/// Whose tokenizer cuts a text. open_clip's SimpleTokenizer knows `<start_of_text>` and `<end_of_text>` instead;
/// transformers' CLIPTokenizer looks for the two first, in their own case alone, then normalises (NFC, lower case
/// without the final sigma), and its expression is not blind to case.
enum class token_rules : std::uint8_t { openai, open_clip, hugging_face };

/// How files spell them, in their order.
inline constexpr std::array<std::string_view, 3> token_rules_names{"openai", "open_clip", "hugging_face"};

/// Texts that become the two special ids.
struct special_literals {
  std::string_view start, end;
};

/// How each library writes them.
constexpr special_literals literals_of(token_rules rules) {
  if (rules == token_rules::open_clip) return {"<start_of_text>", "<end_of_text>"};
  return {start_of_text_literal, end_of_text_literal};
}

namespace detail {

enum class char_class : std::uint8_t { other, space, letter, number };

inline char_class class_of(char32_t c, bool case_blind) {
  // U+0345 is a mark whose case folding is a letter: in CLIP's case-blind expression no alternative takes it, so it
  // falls out like white space. No other character does that.
  if (unicode::is_white_space(c) || (c == 0x345 && case_blind)) return char_class::space;
  return unicode::is_letter(c) ? char_class::letter : unicode::is_number(c) ? char_class::number : char_class::other;
}

inline constexpr std::array<char_class, 128> ascii_class = [] {
  std::array<char_class, 128> table{};
  for (std::size_t c = 0; c < 128; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool space = c == ' ' || (c >= 9 && c <= 13);
    table[c] = letter                 ? char_class::letter
               : c >= '0' && c <= '9' ? char_class::number
               : space                ? char_class::space
                                      : char_class::other;
  }
  return table;
}();

/// The class of the character at `at`, which moves behind it.
inline char_class next_class(std::string_view text, std::size_t& at, bool case_blind) {
  const auto byte = static_cast<std::uint8_t>(text[at]);
  if (byte < 0x80) {
    ++at;
    return ascii_class[byte];
  }
  return class_of(unicode::next(text, at), case_blind);
}

/// Where the run of characters of class `wanted` that reaches `at` ends.
inline std::size_t end_of_run(std::string_view text, std::size_t at, char_class wanted, bool case_blind) {
  for (std::size_t end = at; at < text.size(); at = end)
    if (next_class(text, end, case_blind) != wanted) break;
  return at;
}

/// The length of `literal` (lower case) at the front of `text` in any case, 0 if it is not there. Case folding makes
/// one letter beyond ASCII matter: U+017F, the long s, is an s.
inline std::size_t matches_ignoring_case(std::string_view text, std::string_view literal) {
  std::size_t at = 0;
  for (const char c : literal) {
    if (c == 's' && text.substr(at, 2) == "\xC5\xBF") {
      at += 2;
      continue;
    }
    if (at >= text.size() || (text[at] != c && !(c >= 'a' && c <= 'z' && text[at] == c - 32))) return 0;
    ++at;
  }
  return at;
}

/// The length of a special literal or a contraction at the front of `text`, 0 if there is none.
inline std::size_t matches_fixed_piece(std::string_view text, token_rules rules) {
  const auto matches = [&](std::string_view literal) {
    if (rules != token_rules::hugging_face) return matches_ignoring_case(text, literal);
    return text.starts_with(literal) ? literal.size() : 0;
  };
  if (text[0] == '<') {
    const std::size_t start = matches(literals_of(rules).start);
    return start > 0 ? start : matches(literals_of(rules).end);
  }
  if (text[0] != '\'') return 0;
  for (const std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"})
    if (const std::size_t size = matches(ending)) return size;
  return 0;
}

/// Where the first special literal begins, npos if there is none.
inline std::size_t next_special(std::string_view text) {
  std::size_t at = text.find("<|");
  while (at != std::string_view::npos && !text.substr(at).starts_with(start_of_text_literal) &&
         !text.substr(at).starts_with(end_of_text_literal))
    at = text.find("<|", at + 1);
  return at;
}

}  // namespace detail

/// Calls `f(piece)` for each piece of `text` in order: a special literal; an English contraction ('s 't 're 've 'm
/// 'll 'd); a run of letters; one number; a run of anything else but white space, which is left out.
/// The first of these that fits at a place is taken, so an apostrophe inside a run of punctuation starts nothing.
template <class F>
void for_each_piece(std::string_view text, F&& f, token_rules rules = token_rules::openai) {
  using detail::char_class;
  const bool case_blind = rules != token_rules::hugging_face;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    const char_class found = detail::next_class(text, end, case_blind);
    if (found == char_class::other) {
      const std::size_t fixed = detail::matches_fixed_piece(text.substr(at), rules);
      end = fixed > 0 ? at + fixed : detail::end_of_run(text, end, found, case_blind);
    } else if (found == char_class::letter) {
      end = detail::end_of_run(text, end, found, case_blind);
    }
    if (found != char_class::space) f(text.substr(at, end - at));
    at = end;
  }
}

}  // namespace clipt::inline CLIPT_BUILD
