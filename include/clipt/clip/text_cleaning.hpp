// What CLIP does to a text before it is split: ftfy's repairs, character references, white space, lower case.
#pragma once
#include <array>        // array
#include <cstddef>      // size_t
#include <cstdint>      // uint8_t
#include <optional>     // optional
#include <string>       // string, u32string
#include <string_view>  // string_view, u32string_view

#include <clipt/clip/html_entities.hpp>  // html_unescape, find_html_entity
#include <clipt/clip/unicode.hpp>        // to_utf32, nfc, lower_case

namespace clipt {

namespace detail {

/// The seam for mojibake repair (ftfy's fix_encoding: text that was decoded with the wrong encoding, such as `schÃ¶n`).
/// It comes before the repairs that would destroy its traces. Not written yet: the text is returned as it is.
inline std::u32string repair_mojibake(std::u32string text) { return text; }

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

/// By byte: 0 if plain ASCII cleaning cannot deal with it, a space for white space, else its lower case.
inline constexpr std::array<char, 256> ascii_cleaned = [] {
  std::array<char, 256> table{};
  for (int c = 0x20; c < 0x7F; ++c)
    table[static_cast<std::size_t>(c)] = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  table['&'] = 0;
  for (const char c : {'\t', '\n', '\f', '\r'}) table[static_cast<std::size_t>(c)] = ' ';
  return table;
}();

/// The whole cleaning for text that is ASCII without controls and `&`; false, and nothing promised of `out`, otherwise.
inline bool clean_ascii(std::string_view text, std::string& out) {
  out.resize(text.size() + 1);
  char* write = out.data();
  char last = ' ';
  for (const char byte : text) {
    const char c = ascii_cleaned[static_cast<std::uint8_t>(byte)];
    if (c == 0) return false;
    *write = c;
    write += (c != ' ') | (last != ' ');  // a space behind a space is overwritten by what follows
    last = c;
  }
  if (write != out.data() && write[-1] == ' ') --write;
  out.resize(static_cast<std::size_t>(write - out.data()));
  return true;
}

}  // namespace detail

/// ftfy.fix_text with its defaults, without mojibake repair: character references (up to the first line with a `<`),
/// C1 controls, Latin ligatures, width, quotes, line breaks, terminal escapes, controls, NFC.
inline std::u32string repair_text(std::u32string_view text) {
  std::u32string out;
  bool unescape = true;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t newline = text.find(U'\n', at);
    const std::size_t end = newline == std::u32string_view::npos ? text.size() : newline + 1;
    std::u32string line(text.substr(at, end - at));
    unescape = unescape && line.find(U'<') == std::u32string::npos;
    out += detail::repair_line(std::move(line), unescape);
    at = end;
  }
  return out;
}

/// CLIP's cleaning into `out`, whose memory is used again: repair_text, html_unescape twice, white space to single
/// spaces and none at the ends, lower case. Bytes that are no UTF-8 count as U+FFFD; the result is valid UTF-8.
inline void clean_text(std::string_view text, std::string& out) {
  if (detail::clean_ascii(text, out)) return;
  const std::u32string repaired = repair_text(unicode::to_utf32(text));
  const std::u32string unescaped = html_unescape(html_unescape(repaired));
  out = unicode::to_utf8(unicode::lower_case(detail::collapse_white_space(unescaped)));
}

/// The same as a new string.
inline std::string clean_text(std::string_view text) {
  std::string out;
  clean_text(text, out);
  return out;
}

}  // namespace clipt
