// Character references of HTML turned into characters, exactly as Python's html.unescape does.
#pragma once
#include <algorithm>      // min
#include <cstddef>        // size_t
#include <cstdint>        // uint32_t
#include <string>         // string, u32string
#include <string_view>    // string_view, u32string_view
#include <unordered_map>  // unordered_map

#include <clipt/text/html_entity_names.hpp>  // html_entity_names
#include <clipt/text/unicode.hpp>            // from_windows_1252, to_utf32

namespace clipt::inline CLIPT_BUILD {

namespace detail {

struct html_entity {
  std::u32string text;
  bool needs_semicolon;
};

inline std::unordered_map<std::string_view, html_entity> parse_html_entities() {
  std::unordered_map<std::string_view, html_entity> entities;
  entities.reserve(2400);
  for (std::string_view rest = html_entity_names; !rest.empty();) {
    const std::size_t end = std::min(rest.find_first_of(" \n"), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t mark = word.find_first_of("=*");
    if (mark == std::string_view::npos) continue;
    std::u32string text;
    for (std::size_t at = mark + 1; at < word.size(); ++at) {
      const std::size_t comma = std::min(word.find(',', at), word.size());
      text.push_back(static_cast<char32_t>(std::stoul(std::string(word.substr(at, comma - at)), nullptr, 16)));
      at = comma;
    }
    entities.emplace(word.substr(0, mark), html_entity{text, word[mark] == '='});
  }
  return entities;
}

/// The characters of the entity `name`, which comes without `&` and `;`; null if there is none of that name, or none
/// that may go without a semicolon where there is no semicolon.
inline const std::u32string* find_html_entity(std::string_view name, bool semicolon) {
  static const auto entities = parse_html_entities();
  const auto found = entities.find(name);
  if (found == entities.end() || (found->second.needs_semicolon && !semicolon)) return nullptr;
  return &found->second.text;
}

inline bool is_ascii_digit(char32_t c) { return c >= U'0' && c <= U'9'; }
inline int hex_digit(char32_t c) {
  if (is_ascii_digit(c)) return static_cast<int>(c - U'0');
  const char32_t lower = c | 0x20;
  return lower >= U'a' && lower <= U'f' ? static_cast<int>(lower - U'a') + 10 : -1;
}

/// Appends what the numeric reference `number` stands for: by the HTML standard 0x80 to 0x9F are Windows-1252, and
/// control characters and noncharacters vanish.
inline void append_numbered_character(std::u32string& out, std::uint32_t number) {
  const auto c = static_cast<char32_t>(number);
  if (number == 0 || number > 0x10FFFF || (number >= 0xD800 && number <= 0xDFFF))
    out.push_back(unicode::replacement);
  else if (number >= 0x80 && number <= 0x9F)
    out.push_back(unicode::from_windows_1252(c));
  else if (number == 0x0D)
    out.push_back(c);
  else if (number <= 8 || number == 0x0B || (number >= 0x0E && number <= 0x1F) || number == 0x7F)
    return;
  else if ((number >= 0xFDD0 && number <= 0xFDEF) || (number & 0xFFFE) == 0xFFFE)
    return;
  else
    out.push_back(c);
}

/// Reads `#123;` or `#x1F;` at the front of `text` (behind the `&`); returns its length, 0 if there is no number.
inline std::size_t unescape_number(std::u32string_view text, std::u32string& out) {
  const bool hex = text.size() > 1 && (text[1] == U'x' || text[1] == U'X');
  const std::size_t first = hex ? 2 : 1;
  std::size_t at = first;
  std::uint32_t number = 0;
  for (; at < text.size() && (hex ? hex_digit(text[at]) >= 0 : is_ascii_digit(text[at])); ++at)
    number =
        std::min<std::uint32_t>(0x110000, number * (hex ? 16 : 10) + static_cast<std::uint32_t>(hex_digit(text[at])));
  if (at == first) return 0;
  append_numbered_character(out, number);
  return at + (at < text.size() && text[at] == U';' ? 1 : 0);
}

/// Reads a name at the front of `text` (behind the `&`); returns the length of what was replaced, 0 if nothing was.
inline std::size_t unescape_name(std::u32string_view text, std::u32string& out) {
  constexpr std::size_t longest = 32;
  std::string name;  // as far as it is ASCII: no entity's name goes on behind anything else
  std::size_t run = 0;
  while (run < std::min(text.size(), longest) &&
         std::u32string_view(U"\t\n\f <&#;").find(text[run]) == std::u32string_view::npos) {
    if (text[run] < 0x80 && name.size() == run) name.push_back(static_cast<char>(text[run]));
    ++run;
  }
  const bool semicolon = run < text.size() && text[run] == U';';
  if (name.size() == run && run > 0) {
    if (const auto* whole = find_html_entity(name, semicolon)) {
      out += *whole;
      return run + (semicolon ? 1 : 0);
    }
  }
  for (std::size_t size = std::min(name.size(), semicolon ? run : run - std::min<std::size_t>(run, 1)); size > 1;
       --size) {
    if (const auto* part = find_html_entity(std::string_view(name).substr(0, size), false)) {
      out += *part;
      return size;
    }
  }
  return 0;
}

}  // namespace detail

/// Replaces every character reference, named or numbered, once from left to right. As in HTML, 106 old names need no
/// semicolon and may be the beginning of a longer word (`&notit` is `¬it`); unknown names stay.
/// Source: HTML standard, "named character reference state", as in Python's html.unescape.
inline std::u32string html_unescape(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != U'&') {
      out.push_back(text[at++]);
      continue;
    }
    const std::u32string_view rest = text.substr(at + 1);
    const bool number = !rest.empty() && rest[0] == U'#';
    const std::size_t taken = number ? detail::unescape_number(rest, out) : detail::unescape_name(rest, out);
    if (taken == 0) out.push_back(U'&');
    at += 1 + taken;
  }
  return out;
}

/// The same for UTF-8.
inline std::string html_unescape(std::string_view text) {
  if (text.find('&') == std::string_view::npos) return std::string(text);
  return unicode::to_utf8(html_unescape(unicode::to_utf32(text)));
}

}  // namespace clipt::inline CLIPT_BUILD
