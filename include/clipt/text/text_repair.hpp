// ftfy's repairs: mojibake, character references, ligatures, width, quotes, line breaks, controls, composition.
#pragma once
#include <algorithm>    // min
#include <array>        // array
#include <cstddef>      // size_t
#include <optional>     // optional
#include <string>       // string, u32string
#include <string_view>  // string_view, u32string_view
#include <utility>      // move

#include <clipt/text/html_entities.hpp>  // find_html_entity, unescape_number
#include <clipt/text/mojibake.hpp>       // repair_mojibake
#include <clipt/text/unicode.hpp>        // category, nfc, nfkc

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// The upper case of an entity's character, as far as ftfy asks for it.
inline std::u32string upper_case_entity(const std::u32string& text) {
  std::u32string out;
  for (const char32_t c : text) {
    switch (c) {
      case 0xDF: out += U"SS"; break;
      case 0x149: out += U"\u02BCN"; break;
      case 0x1F0: out += U"J\u030C"; break;
      case 0xFB00: out += U"FF"; break;
      case 0xFB01: out += U"FI"; break;
      case 0xFB02: out += U"FL"; break;
      case 0xFB03: out += U"FFI"; break;
      case 0xFB04: out += U"FFL"; break;
      default: out.push_back(static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c))));
    }
  }
  return out;
}

/// ftfy's own entities: `&NAME;` in capitals where only `&name;` is known and HTML would leave the capitals alone.
inline std::optional<std::u32string> find_capital_entity(const std::string& name) {
  std::string lower = name;
  for (char& c : lower) {
    if (c >= 'a' && c <= 'z') return std::nullopt;
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  const auto* found = find_html_entity(lower, true);
  if (found == nullptr) return std::nullopt;
  for (std::size_t size = name.size(); size > 1; --size)
    if (find_html_entity(std::string_view(name).substr(0, size), false) != nullptr) return std::nullopt;
  return upper_case_entity(*found);
}

/// Appends what ftfy makes of the reference `body` (what lies between `&` and `;`); false if it leaves it alone.
inline bool append_plain_reference(std::u32string_view body, std::u32string& out) {
  if (body[0] == U'#') {
    std::u32string character;
    const std::u32string reference = std::u32string(body) + U';';
    if (unescape_number(reference, character) != reference.size() || character == U";") return false;
    out += character;
    return true;
  }
  const std::string name(body.begin(), body.end());
  if (const auto* known = find_html_entity(name, true)) {
    out += *known;
    return true;
  }
  const auto capital = find_capital_entity(name);
  if (capital) out += *capital;
  return capital.has_value();
}

/// ftfy's unescaping: only whole references, `&`, at most 24 letters and digits, `;`.
inline std::u32string unescape_plain_references(std::u32string_view text) {
  const auto is_word = [](char32_t c) { return is_ascii_digit(c) || ((c | 0x20) >= U'a' && (c | 0x20) <= U'z'); };
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t first = at + 1 + (text.substr(at, 2) == U"&#" ? 1 : 0);
    std::size_t end = first;
    if (text[at] == U'&')
      while (end < text.size() && end - first < 24 && is_word(text[end])) ++end;
    const bool whole = end > first && end < text.size() && text[end] == U';';
    if (whole && append_plain_reference(text.substr(at + 1, end - at - 1), out))
      at = end + 1;
    else
      out.push_back(text[at++]);
  }
  return out;
}

inline bool is_removed_control(char32_t c) {
  return c <= 0x08 || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F || (c >= 0x206A && c <= 0x206F) ||
         c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFC);
}

/// The length of a terminal escape (ESC [ digits and semicolons, a letter) at the front of `text`, 0 if there is none.
/// The digits are any Unicode decimal digits, as in ftfy's expression.
inline std::size_t terminal_escape(std::u32string_view text) {
  if (text.substr(0, 2) != U"\x1b[") return 0;
  std::size_t at = 2;
  while (at < text.size() && (text[at] == U';' || unicode::category(text[at]) == UTF8PROC_CATEGORY_ND)) ++at;
  const bool letter = at < text.size() && (text[at] | 0x20) >= U'a' && (text[at] | 0x20) <= U'z';
  return letter ? at + 1 : 0;
}

/// Appends Latin ligatures as their letters, full- and half-width forms in their usual width, curly quotes straight,
/// line breaks as \n, anything else as it is. C1 controls are read as Windows-1252 first.
inline void append_plain(std::u32string& out, char32_t c) {
  static constexpr std::array<std::u32string_view, 9> croatian{U"D\u017D", U"D\u017E", U"d\u017E", U"LJ", U"Lj",
                                                               U"lj",      U"NJ",      U"Nj",      U"nj"};
  static constexpr std::array<std::u32string_view, 3> dz{U"DZ", U"Dz", U"dz"};
  static constexpr std::array<std::u32string_view, 7> f{U"ff", U"fi", U"fl", U"ffi", U"ffl", U"\u017Ft", U"st"};
  c = unicode::from_windows_1252(c);
  if (c < 0x132)
    out.push_back(c);
  else if (c <= 0x133)
    out += c == 0x132 ? U"IJ" : U"ij";
  else if (c == 0x149)
    out += U"'n";
  else if (c >= 0x1C4 && c <= 0x1CC)
    out += croatian[c - 0x1C4];
  else if (c >= 0x1F1 && c <= 0x1F3)
    out += dz[c - 0x1F1];
  else if (c == 0x2BC || (c >= 0x2018 && c <= 0x201B))
    out.push_back(U'\'');
  else if (c >= 0x201C && c <= 0x201F)
    out.push_back(U'"');
  else if (c == 0x2028 || c == 0x2029)
    out.push_back(U'\n');
  else if (c == 0x3000)
    out.push_back(U' ');
  else if (c >= 0xFB00 && c <= 0xFB06)
    out += f[c - 0xFB00];
  else if (c >= 0xFF01 && c <= 0xFFEF)
    out += unicode::nfkc(std::u32string_view(&c, 1));
  else
    out.push_back(c);
}

/// One pass of ftfy's repairs over one line.
inline std::u32string repair_once(const std::u32string& line, bool unescape) {
  const std::u32string text = repair_mojibake(unescape ? unescape_plain_references(line) : line);
  std::u32string plain;
  plain.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != U'\r')
      append_plain(plain, text[at]);
    else if (at + 1 == text.size() || text[at + 1] != U'\n')
      plain.push_back(U'\n');
  }
  std::u32string kept;
  kept.reserve(plain.size());
  for (std::size_t at = 0; at < plain.size();) {
    const std::size_t escape = terminal_escape(std::u32string_view(plain).substr(at));
    if (escape == 0 && !is_removed_control(plain[at])) kept.push_back(plain[at]);
    at += escape == 0 ? 1 : escape;
  }
  return unicode::nfc(kept);
}

/// Repairs a line until nothing changes any more; references are nested at most this deep before the rest is left.
inline std::u32string repair_line(std::u32string line, bool unescape) {
  constexpr int deepest = 64;  // ftfy has no limit: a long chain of `&amp;amp;...` would take quadratic time
  for (int pass = 0; pass < deepest; ++pass) {
    std::u32string repaired = repair_once(line, unescape);
    if (repaired == line) break;
    line = std::move(repaired);
  }
  return line;
}

}  // namespace detail

/// Repairs a text line by line: character references (up to the first line with a `<`), mojibake, C1 controls, Latin
/// ligatures, width, quotes, line breaks, terminal escapes, controls, NFC; again until nothing changes.
/// Source: ftfy 6.3 (R. Speer). Python equivalent: ftfy.fix_text(text).
inline std::u32string repair_text(std::u32string_view text) {
  constexpr std::size_t longest = 1000000;  // a line beyond that is repaired in pieces, as in ftfy
  std::u32string out;
  bool unescape = true;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t newline = std::min(text.find(U'\n', at), text.size() - 1);
    std::u32string line(text.substr(at, std::min(newline + 1 - at, longest)));
    at += line.size();
    unescape = unescape && line.find(U'<') == std::u32string::npos;
    out += detail::repair_line(std::move(line), unescape);
  }
  return out;
}

}  // namespace clipt::inline CLIPT_BUILD
