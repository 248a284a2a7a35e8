// What happens to a text before it is split: ftfy's repairs, character references, white space, case, punctuation.
#pragma once
#include <array>        // array
#include <cstddef>      // size_t
#include <cstdint>      // uint8_t
#include <string>       // string, u32string
#include <string_view>  // string_view, u32string_view

#include <clipt/text/html_entities.hpp>  // html_unescape
#include <clipt/text/text_repair.hpp>    // repair_text
#include <clipt/text/unicode.hpp>        // to_utf32, nfc, lower_case

namespace clipt::inline CLIPT_BUILD {

/// What a text becomes before it is split. All but `none` begin with repair_text and html_unescape twice, and end with
/// single spaces inside and none around. The values are named as open_clip's `clean` options.
enum class text_cleaning : std::uint8_t {
  lower,         // lower case: CLIP's own
  whitespace,    // its case is kept
  canonicalize,  // `_` to a space, without ASCII punctuation, lower case: SigLIP's
  none,          // it stays as it is: that of transformers' CLIPTokenizer
};

/// How configuration files spell them, in their order.
inline constexpr std::array<std::string_view, 4> text_cleaning_names{"lower", "whitespace", "canonicalize", "none"};

namespace detail {

inline constexpr bool is_ascii_punctuation(char32_t c) {
  return (c > U' ' && c < U'0') || (c > U'9' && c < U'A') || (c > U'Z' && c < U'a') || (c > U'z' && c < 0x7F);
}

/// Makes spaces of underscores and leaves out the other ASCII punctuation.
inline std::u32string without_punctuation(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t c : text)
    if (c == U'_' || !is_ascii_punctuation(c)) out.push_back(c == U'_' ? U' ' : c);
  return out;
}

/// Leaves out white space at both ends and makes one space of each run inside.
inline std::u32string collapse_white_space(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t c : text) {
    if (!unicode::is_white_space(c))
      out.push_back(c);
    else if (!out.empty() && out.back() != U' ')
      out.push_back(U' ');
  }
  if (!out.empty() && out.back() == U' ') out.pop_back();
  return out;
}

inline constexpr char not_plain = 0, left_out = 1;

/// By byte: `not_plain` if plain ASCII cleaning cannot deal with it, a space for white space, `left_out` for what goes,
/// else what it becomes.
using ascii_table = std::array<char, 256>;

constexpr ascii_table make_ascii_table(text_cleaning how) {
  ascii_table table{};
  for (std::size_t c = 0x20; c < 0x7F; ++c) {
    const bool capital = c >= 'A' && c <= 'Z' && how != text_cleaning::whitespace;
    const bool goes = how == text_cleaning::canonicalize && is_ascii_punctuation(static_cast<char32_t>(c));
    table[c] = goes ? left_out : static_cast<char>(capital ? c + 32 : c);
  }
  if (how == text_cleaning::canonicalize) table['_'] = ' ';
  table['&'] = not_plain;
  for (const unsigned char c : {'\t', '\n', '\f', '\r'}) table[c] = ' ';
  return table;
}

inline constexpr std::array<ascii_table, 3> ascii_cleaned{make_ascii_table(text_cleaning::lower),
                                                          make_ascii_table(text_cleaning::whitespace),
                                                          make_ascii_table(text_cleaning::canonicalize)};

/// The whole cleaning for text that is ASCII without controls and `&`; false, and nothing promised of `out`, otherwise.
inline bool clean_ascii(std::string_view text, std::string& out, text_cleaning how) {
  const ascii_table& table = ascii_cleaned[static_cast<std::size_t>(how)];
  out.resize(text.size() + 1);
  char* write = out.data();
  char last = ' ';
  for (const char byte : text) {
    const char c = table[static_cast<std::uint8_t>(byte)];
    if (c == not_plain) return false;
    if (c == left_out) continue;
    *write = c;
    write += (c != ' ') | (last != ' ');  // a space behind a space is overwritten by what follows
    last = c;
  }
  if (write != out.data() && write[-1] == ' ') --write;
  out.resize(static_cast<std::size_t>(write - out.data()));
  return true;
}

/// NFC, then lower case character by character. White space needs no care, it only parts pieces.
/// Source: the normalizer of transformers' CLIPTokenizer.
inline std::string normalised_by_transformers(std::string_view text) {
  return unicode::to_utf8(unicode::lower_case(unicode::nfc(unicode::to_utf32(text)), false));
}

}  // namespace detail

/// Cleans a text into `out`, whose memory is used again. Bytes that are no UTF-8 count as U+FFFD; the result is valid
/// UTF-8. Sources: Radford et al. 2021, released code; open_clip's tokenizer; big_vision for `canonicalize`.
inline void clean_text(std::string_view text, std::string& out, text_cleaning how = text_cleaning::lower) {
  if (how == text_cleaning::none) {
    out = unicode::valid_utf8(text);
    return;
  }
  if (detail::clean_ascii(text, out, how)) return;
  std::u32string cleaned = html_unescape(html_unescape(repair_text(unicode::to_utf32(text))));
  if (how == text_cleaning::canonicalize) cleaned = detail::without_punctuation(cleaned);
  cleaned = detail::collapse_white_space(cleaned);
  out = unicode::to_utf8(how == text_cleaning::whitespace ? cleaned : unicode::lower_case(cleaned));
}

/// The same as a new string.
inline std::string clean_text(std::string_view text, text_cleaning how = text_cleaning::lower) {
  std::string out;
  clean_text(text, out, how);
  return out;
}

}  // namespace clipt::inline CLIPT_BUILD
