// UTF-8, character classes, canonical composition and lower case, as Python's str has them; the tables are utf8proc's.
#pragma once
#include <utf8proc.h>  // categories, case, composition (Unicode 15 in version 2.8)

#include <algorithm>    // find_if, stable_sort
#include <array>        // array
#include <cstddef>      // size_t
#include <cstdint>      // uint8_t
#include <string>       // string, u32string
#include <string_view>  // string_view, u32string_view
#include <vector>       // vector

#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD::unicode {

/// What stands for bytes that are no UTF-8.
inline constexpr char32_t replacement = U'\uFFFD';

/// The character at `at`, which moves behind it. Each longest broken beginning of a character counts as one
/// U+FFFD (Unicode 14, section 3.9, "maximal subpart"), as in Python's errors="replace".
inline char32_t next(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(at++);
  if (lead < 0x80) return lead;
  if (lead < 0xC2 || lead > 0xF4) return replacement;
  const int more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  // The second byte's range excludes overlong forms, surrogates and what lies above U+10FFFF.
  std::uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  std::uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  char32_t c = lead & (0x3F >> more);
  for (int i = 0; i < more; ++i) {
    if (at >= text.size() || byte(at) < low || byte(at) > high) return replacement;
    c = c << 6 | (byte(at++) & 0x3F);
    low = 0x80, high = 0xBF;
  }
  return c;
}

/// Appends `c` as UTF-8.
inline void append(std::string& out, char32_t c) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
    return;
  }
  std::array<utf8proc_uint8_t, 4> bytes;
  const auto count = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), bytes.data());
  out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(count));
}

/// UTF-8 to code points; what is no UTF-8 becomes U+FFFD.
inline std::u32string to_utf32(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) out.push_back(next(text, at));
  return out;
}

/// Code points to UTF-8.
inline std::string to_utf8(std::u32string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char32_t c : text) append(out, c);
  return out;
}

/// The same text where it is UTF-8, U+FFFD where it is not.
inline std::string valid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) append(out, next(bytes, at));
  return out;
}

/// The general category of a code point.
inline utf8proc_category_t category(char32_t c) { return utf8proc_category(static_cast<utf8proc_int32_t>(c)); }

/// Whether `c` is a letter: of one of the categories L.
inline bool is_letter(char32_t c) {
  const auto k = category(c);
  return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO;
}

/// Whether `c` is a number: of one of the categories N.
inline bool is_number(char32_t c) {
  const auto k = category(c);
  return k >= UTF8PROC_CATEGORY_ND && k <= UTF8PROC_CATEGORY_NO;
}

/// Whether `c` has the property White_Space.
inline bool is_white_space(char32_t c) {
  if (c < 0x80) return c == U' ' || (c >= 0x09 && c <= 0x0D);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

/// What byte 0x80 to 0x9F means in Windows-1252; the five bytes without a meaning, and any other character, stay.
inline char32_t from_windows_1252(char32_t c) {
  static constexpr std::array<char16_t, 32> meaning{0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
                                                    0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};
  return c >= 0x80 && c <= 0x9F ? meaning[c - 0x80] : c;
}

namespace detail {

/// Decomposes, puts marks in canonical order and composes. utf8proc_map does the same, but its ordering is quadratic:
/// 100 kB of marks took 20 s.
inline std::u32string composed(std::u32string_view text, int extra) {
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | extra);
  const auto order = [](utf8proc_int32_t c) { return utf8proc_get_property(c)->combining_class; };
  std::vector<utf8proc_int32_t> characters;
  characters.reserve(text.size() + text.size() / 4);
  for (const char32_t c : text) {
    std::array<utf8proc_int32_t, 32> parts;  // at most 18 are needed
    int boundary = 0;
    const auto count =
        utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts.data(), parts.size(), options, &boundary);
    characters.insert(characters.end(), parts.begin(), parts.begin() + count);
  }
  for (auto first = characters.begin(); first != characters.end();) {
    const auto marks = std::find_if(first, characters.end(), [&](auto c) { return order(c) != 0; });
    first = std::find_if(marks, characters.end(), [&](auto c) { return order(c) == 0; });
    std::stable_sort(marks, first, [&](auto a, auto b) { return order(a) < order(b); });
  }
  const auto size =
      utf8proc_normalize_utf32(characters.data(), static_cast<utf8proc_ssize_t>(characters.size()), options);
  return std::u32string(characters.begin(), characters.begin() + size);
}

/// The property Case_Ignorable: marks, format characters, modifiers, and what stands between letters (Word_Break
/// MidLetter, MidNumLet, Single_Quote). Source: Unicode 14, section 3.13, D136.
inline bool is_case_ignorable(char32_t c) {
  switch (category(c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK: return true;
    default: break;
  }
  return std::u32string_view(U"'.:\u00B7\u0387\u055F\u05F4\u2018\u2019\u2024\u2027\uFE13\uFE52\uFE55\uFF07\uFF0E\uFF1A")
             .find(c) != std::u32string_view::npos;
}

/// The property Cased of a character that is not Case_Ignorable: cased letters, and what Other_Lowercase and
/// Other_Uppercase add. Source: Unicode 14, section 3.13, D135, and PropList.txt.
inline bool is_cased(char32_t c) {
  const auto k = category(c);
  if (k == UTF8PROC_CATEGORY_LU || k == UTF8PROC_CATEGORY_LL || k == UTF8PROC_CATEGORY_LT) return true;
  return c == 0xAA || c == 0xBA || (c >= 0x2160 && c <= 0x217F) || (c >= 0x24B6 && c <= 0x24E9) ||
         (c >= 0x1F130 && c <= 0x1F149) || (c >= 0x1F150 && c <= 0x1F169) || (c >= 0x1F170 && c <= 0x1F189);
}

/// Whether the capital sigma at `at` ends a word: a cased letter before it, none after, ignorable ones skipped.
inline bool is_final_sigma(std::u32string_view text, std::size_t at) {
  std::size_t before = at;
  while (before > 0 && is_case_ignorable(text[before - 1])) --before;
  if (before == 0 || !is_cased(text[before - 1])) return false;
  std::size_t after = at + 1;
  while (after < text.size() && is_case_ignorable(text[after])) ++after;
  return after == text.size() || !is_cased(text[after]);
}

}  // namespace detail

/// Normalisation form C.
inline std::u32string nfc(std::u32string_view text) {
  bool plain = true;  // nothing below U+0300 combines
  for (const char32_t c : text) plain = plain && c < 0x300;
  if (plain) return std::u32string(text);
  // U+11A7 combines with nothing, but utf8proc 2.8 takes it for a final consonant and loses it behind a syllable.
  constexpr char32_t before_finals = 0x11A7;
  std::u32string out;
  for (std::size_t end = text.find(before_finals); end != text.npos; end = text.find(before_finals)) {
    out += detail::composed(text.substr(0, end), 0) + before_finals;
    text.remove_prefix(end + 1);
  }
  return out + detail::composed(text, 0);
}

/// Normalisation form KC.
inline std::u32string nfkc(std::u32string_view text) { return detail::composed(text, UTF8PROC_COMPAT); }

/// Full lower case, as Python's str.lower(): one to one but for U+0130, and capital sigma by its place in the word, or
/// without `final_sigma` the same everywhere.
inline std::u32string lower_case(std::u32string_view text, bool final_sigma = true) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    if (c == 0x130)
      out += U"i\u0307";
    else if (c == 0x3A3)
      out.push_back(final_sigma && detail::is_final_sigma(text, i) ? 0x3C2 : 0x3C3);
    else
      out.push_back(static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
  }
  return out;
}

}  // namespace clipt::inline CLIPT_BUILD::unicode
