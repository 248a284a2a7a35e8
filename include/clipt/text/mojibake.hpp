// Mojibake repair: text that was read with the wrong character set (`schÃ¶n`) becomes what it was (`schön`).
#pragma once
#include <cstddef>      // size_t
#include <cstdint>      // uint8_t
#include <optional>     // optional
#include <string>       // string, u32string
#include <string_view>  // u32string_view
#include <utility>      // move

#include <clipt/text/charsets.hpp>        // charsets, encode_in_charset
#include <clipt/text/mojibake_signs.hpp>  // looks_like_mojibake
#include <clipt/text/unicode.hpp>         // from_windows_1252
#include <clipt/text/utf8_repair.hpp>     // restore_spaces, decode_utf8_variants

namespace clipt::inline CLIPT_BUILD {

inline std::u32string repair_mojibake(std::u32string text);

namespace detail {

/// What a character would be among the bytes of UTF-8, were it written in a charset that is like Latin-1.
struct utf8_role {
  std::size_t length = 0;  // of the sequence that it leads, 0 if it leads none
  bool tail = false;       // one of the bytes that follow
  bool sure_tail = false;  // and hardly itself next to mojibake: no space, dash, bullet, quotation mark, ellipsis
};

inline utf8_role role_in_utf8(char32_t c) {
  if (c < 0x80) return {0, c == U' ', false};
  utf8_role role;
  const charset_bytes& bytes = bytes_in_charsets(c);
  for (std::size_t i = 0; i < charsets_like_latin_1; ++i) {
    const std::uint8_t b = bytes[i];
    if (b >= 0x80 && b <= 0xBF) role.tail = true;
    if (b >= 0xC2 && b <= 0xDF) role.length = 2;
    if (b >= 0xE0 && b <= 0xEF) role.length = 3;
    if (b == 0xF0 || b == 0xF3) role.length = 4;  // the other two lead to hardly any character
  }
  role.sure_tail = role.tail && std::u32string_view(U"–—―‘’‚“”„•…").find(c) == std::u32string_view::npos;
  return role;
}

/// The length of the characters at the front of `text` that look like one sequence of UTF-8, 0 if they do not.
inline std::size_t utf8_lookalike(std::u32string_view text) {
  const std::size_t length = text.empty() ? 0 : role_in_utf8(text[0]).length;
  if (text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if (!role_in_utf8(text[i]).tail) return 0;
  return length;
}

/// Repairs what looks like UTF-8 inside a text that as a whole is none.
inline std::u32string repair_islands(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    if (at == 0 || !role_in_utf8(text[at - 1]).sure_tail)
      while (const std::size_t more = utf8_lookalike(text.substr(end))) end += more;
    if (end == at) {
      out.push_back(text[at++]);
      continue;
    }
    const std::u32string_view island = text.substr(at, end - at);
    const bool repair = island.size() < text.size() && looks_like_mojibake(island);
    out += repair ? repair_mojibake(std::u32string(island)) : std::u32string(island);
    at = end;
  }
  return out;
}

/// The text whose UTF-8 was read as the charset of that index; nothing if it cannot be that.
inline std::optional<std::u32string> reread_as_utf8(std::u32string_view text, std::size_t index) {
  std::optional<std::string> bytes = encode_in_charset(text, index);
  if (!bytes) return std::nullopt;
  if (index != mac_roman_index) *bytes = restore_spaces(*bytes);  // there it would take a dash and a space
  if (charsets[index].lossy) *bytes = replace_lossy_sequences(*bytes);
  return decode_utf8_variants(*bytes);
}

/// Undoes one misreading, if the text looks as if there were one.
inline std::u32string repair_one_misreading(const std::u32string& text) {
  if (!looks_like_mojibake(text)) return text;
  for (std::size_t index = 0; index < charsets.size(); ++index)
    if (auto reread = reread_as_utf8(text, index)) return *std::move(reread);
  std::u32string repaired = repair_islands(text);
  if (repaired != text) return repaired;
  for (char32_t& c : repaired) c = unicode::from_windows_1252(c);
  return repaired;
}

}  // namespace detail

/// Finds text that was decoded with the wrong one of ten charsets, once or several times over, and decodes it anew;
/// a text without signs of that stays. Source: ftfy 6.3 (R. Speer), whose rules and order these are.
/// Python equivalent: ftfy.fix_encoding(text).
inline std::u32string repair_mojibake(std::u32string text) {
  constexpr int deepest = 64;  // misreadings over one another: each has doubled the length
  for (int pass = 0; pass < deepest; ++pass) {
    std::u32string repaired = detail::repair_one_misreading(text);
    if (repaired == text) break;
    text = std::move(repaired);
  }
  return text;
}

}  // namespace clipt::inline CLIPT_BUILD
