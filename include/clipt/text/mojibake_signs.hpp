// How mojibake is told from text: characters of kinds that hardly ever stand side by side in any language.
#pragma once
#include <array>          // array
#include <cstddef>        // size_t
#include <cstdint>        // uint32_t
#include <string_view>    // u32string_view
#include <unordered_map>  // unordered_map
#include <vector>         // vector

#include <clipt/text/unicode.hpp>  // is_letter, is_white_space

namespace clipt::inline CLIPT_BUILD::detail::mojibake {

/// Kinds of characters, one bit each; a character may be of several.
inline constexpr std::uint32_t c1 = 1 << 0, common = 1 << 1, junk = 1 << 2, law = 1 << 3, currency = 1 << 4,
                               opening = 1 << 5, closing = 1 << 6, numeric = 1 << 7, face = 1 << 8, upper = 1 << 9,
                               lower = 1 << 10, upper_common = 1 << 11, lower_common = 1 << 12, box = 1 << 13,
                               ascii_upper = 1 << 14, ascii_lower = 1 << 15, space = 1 << 16, white = 1 << 17,
                               word = 1 << 18, no_ascii_letter = 1 << 19, no_newline = 1 << 20;

struct kind {
  std::uint32_t bit;
  std::u32string_view members;  // "a-z" is a range
};

/// Which characters are of which kind: the categories of ftfy 6.3 (R. Speer, Apache-2.0), a fact that is taken over.
inline constexpr std::array<kind, 14> kinds{{
    {c1, U"\u0080-\u009F"},
    {common, U"\u00A0\u00AD·´–—―…’"},
    {junk, U"¦¤¨¬¯¸ƒˆˇ˘˛˜†‡‰⌐◊\uFFFDªº"},
    {law, U"¶§"},
    {currency, U"¢£¥₧€"},
    {opening, U"¡«¿©΄΅‘‚“„•‹\uF8FF"},
    {closing, U"®»˝”›™"},
    {numeric, U"²³¹±¼½¾×µ÷⁄∂∆∏∑√∞∩∫≈≠≡≤≥№"},
    {face, U"Ò-ÖÙ-Üò-öø-üŐŌŪŲ°"},
    {upper, U"À-ÑØÜÝĂĀĄĆČĎĐĘĚĒĖĞĢİĪĶĹĽŁĻŃŇŅŒŘŚŞŠŢŤŮŰŸŹŻŽҐ"},
    {lower, U"ßà-ñăąāćčďđęěēėğģįīķĺľłļœŕśşšťüźżžґﬁﬂ"},
    {upper_common, U"ÞΑ-ΩΆΈΉΊΌΎΏΪΫЁ-Я"},
    {lower_common, U"α-ωάέήίΰа-џ"},
    {box, U"│┌┐┘├┤┬┼═-╬▀▄█▌▐░▒▓"},
}};

/// One place of a sign: a character of one of the kinds, or one of the characters.
struct one_of {
  std::uint32_t kinds = 0;
  std::u32string_view characters;
  constexpr one_of() = default;
  constexpr one_of(std::uint32_t k, std::u32string_view c = {}) : kinds(k), characters(c) {}
  constexpr one_of(const char32_t* c) : characters(c) {}
  constexpr bool empty() const { return kinds == 0 && characters.empty(); }
};

inline constexpr std::uint32_t accented = upper | lower;
inline constexpr std::uint32_t ascii_letter = ascii_upper | ascii_lower;
inline constexpr std::uint32_t symbol = box | opening | closing | currency | numeric | law;
inline constexpr one_of in_arabic{common | currency | junk | numeric | opening, U"ŸŠ®°µ»"};

/// Sequences that give mojibake away: those of ftfy 6.3's `badness`, but for two that others of them include.
inline constexpr one_of signs[][7] = {
    {c1},
    {junk | accented | symbol, junk},
    {junk, accented | symbol},
    {ascii_letter, lower_common | upper_common, junk},
    {lower | lower_common | box | closing | currency | numeric, upper},
    {box | closing | currency | numeric, lower},
    {lower | box | closing, currency},
    {white, upper, currency},
    {upper | box, numeric | law},
    {accented | box | currency | closing, opening, numeric},
    {accented | box | currency | numeric | law, closing, opening},
    {box | currency | numeric, opening},
    {ascii_lower, upper, opening | currency},
    {box, face},
    {accented | currency | numeric | opening | closing | law, box},
    {box, closing},
    {accented, opening | closing, word},
    {U"Œœ", no_ascii_letter},
    {upper, U"°"},
    // Windows-1252: two bytes, Arabic, South Asian scripts
    {U"ÂÃÎÐ", {opening | closing, U"€œŠš¢£Ÿž\u00A0\u00AD®©°·»–—´"}},
    {U"×", U"²³"},
    {U"ØÙ", in_arabic, U"ØÙ", in_arabic},
    {U"à", U"²µ¹¼½¾"},
    // MacRoman
    {U"√", U"±∂†≠®™´≤≥¥µø"},
    {U"≈", U"°¢"},
    {U"‚", U"Ä", U"ìîïòôúùû†°¢π"},
    {U"‚", U"âó", U"àä°ê"},
    // Windows-1251: U+2000 and so on, Cyrillic and Latin-1, Windows-1252 misread twice
    {U"в", U"Ђ"},
    {U"ВГРС", {c1 | junk | opening | closing | currency, U"°µ"}, U"ВГРС"},
    {U"Г", U"ў", U"В", U"Ђ", U"В", no_newline, {ascii_letter | space}},
    // Windows-1252 whose second byte has become a space, or is the very character that is meant
    {ascii_lower, U"ÃÂ", space},
    {ascii_lower, white, U"ÃÂ", space},
    {{ascii_lower | closing, U".,?!"}, U"Â", space | opening | closing},
    // Windows-1253: U+2000 and so on, Greek and Latin-1
    {U"β", U"€", U"™\u00A0Ά\u00AD®°"},
    {U"ΒΓΞΟ", {c1 | junk | opening | closing | currency, U"°"}, U"ΒΓΞΟ"},
};

inline std::unordered_map<char32_t, std::uint32_t> list_kinds() {
  std::unordered_map<char32_t, std::uint32_t> bits;
  for (const auto& [bit, members] : kinds) {
    for (std::size_t at = 0; at < members.size(); ++at) {
      const bool range = members.substr(at + 1, 1) == U"-";
      const char32_t last = members[range ? at + 2 : at];
      for (char32_t c = members[at]; c <= last; ++c) bits[c] |= bit;
      if (range) at += 2;
    }
  }
  return bits;
}

/// The bits of a character's kinds; white space and words are those of Python's expressions.
inline std::uint32_t kinds_of(char32_t c) {
  static const auto listed = list_kinds();
  if (c >= U'a' && c <= U'z') return ascii_lower | word | no_newline;
  if (c >= U'A' && c <= U'Z') return ascii_upper | word | no_newline;
  std::uint32_t bits = no_ascii_letter;
  if (c != U'\n') bits |= no_newline;
  if (c == U' ') bits |= space;
  if (unicode::is_white_space(c) || (c >= 0x1C && c <= 0x1F)) bits |= white;
  if (c == U'_' || unicode::is_letter(c) || unicode::is_number(c)) bits |= word;
  const auto found = listed.find(c);
  return found == listed.end() ? bits : bits | found->second;
}

/// Whether the sign stands at `at`; `bits` are the kinds of the text's characters.
inline bool stands_at(const one_of (&sign)[7], std::u32string_view text, const std::vector<std::uint32_t>& bits,
                      std::size_t at) {
  for (const one_of& place : sign) {
    if (place.empty()) return true;
    if (at == text.size()) return false;
    const bool fits = (bits[at] & place.kinds) != 0 || place.characters.find(text[at]) != std::u32string_view::npos;
    if (!fits) return false;
    ++at;
  }
  return true;
}

}  // namespace clipt::inline CLIPT_BUILD::detail::mojibake

namespace clipt::inline CLIPT_BUILD::detail {

/// Whether a text has a sequence of characters that gives mojibake away. Python equivalent: ftfy.badness.is_bad(text).
inline bool looks_like_mojibake(std::u32string_view text) {
  using namespace mojibake;
  const auto plain = [&](std::size_t at) { return at >= text.size() || text[at] < 0x80; };
  if (text.starts_with(U"Ã ") || text.starts_with(U"Â ")) return true;
  std::vector<std::uint32_t> bits;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (plain(at) && plain(at + 1) && plain(at + 2)) continue;  // every sign has one of its first three beyond ASCII
    if (bits.empty()) {
      bits.reserve(text.size());
      for (const char32_t c : text) bits.push_back(kinds_of(c));
    }
    for (const auto& sign : signs)
      if (stands_at(sign, text, bits, at)) return true;
  }
  return false;
}

}  // namespace clipt::inline CLIPT_BUILD::detail
