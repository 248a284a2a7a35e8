// UTF-8 that has suffered: no-break spaces made spaces, bytes lost, surrogates written one by one.
#pragma once
#include <array>        // array
#include <cstddef>      // size_t
#include <cstdint>      // uint8_t, uint64_t
#include <optional>     // optional
#include <string>       // string, u32string
#include <string_view>  // string_view

#include <clipt/text/unicode.hpp>  // next, replacement

namespace clipt::inline CLIPT_BUILD::detail {

/// A set of bytes, written as in `"\xC2-\xDF?"`.
class byte_set {
 public:
  constexpr byte_set(const char* members = "") {
    for (; *members != 0; ++members) {
      const auto first = static_cast<std::uint8_t>(*members);
      if (members[1] == '-') members += 2;
      for (unsigned b = first; b <= static_cast<std::uint8_t>(*members); ++b) bits_[b / 64] |= one << b % 64;
    }
  }
  constexpr bool contains(char byte) const {
    const auto b = static_cast<std::uint8_t>(byte);
    return (bits_[b / 64] >> b % 64 & 1) != 0;
  }
  constexpr bool empty() const { return (bits_[0] | bits_[1] | bits_[2] | bits_[3]) == 0; }

 private:
  static constexpr std::uint64_t one = 1;
  std::array<std::uint64_t, 4> bits_{};
};

/// A sequence of bytes, each of its set; it ends where the sets are empty.
using byte_pattern = byte_set[6];

inline constexpr byte_pattern surrogate_pair = {"\xED", "\xA0-\xAF", "\x80-\xBF", "\xED", "\xB0-\xBF", "\x80-\xBF\n"};

/// UTF-8 whose byte A0, the second half of the no-break space, has become a space, as far as it is a likely character.
inline constexpr byte_pattern spaced_utf8[] = {
    {"\xC2\xC3\xC5\xCE\xD0\xD9", " "},
    {"\xE2\xE3", " ", "\x80-\x84\x86-\x9F\xA1-\xBF"},
    {"\xE0-\xE3", "\x80-\x84\x86-\x9F\xA1-\xBF", " "},
    {"\xF0", " ", "\x80-\xBF", "\x80-\xBF"},
    {"\xF0", "\x80-\xBF", " ", "\x80-\xBF"},
    {"\xF0", "\x80-\xBF", "\x80-\xBF", " "},
};

/// UTF-8, also that of a surrogate pair, of which bytes have become SUBSTITUTE, or one of them `?`.
inline constexpr byte_pattern lossy_utf8[] = {
    {"\xC2-\xDF", "\x1A"},
    {"\xC2\xC3", "?"},
    {"\xED", "\xA0-\xAF", "\x1A?", "\xED", "\xB0-\xBF", "\x1A?\x80-\xBF"},
    {"\xED", "\xA0-\xAF", "\x1A?\x80-\xBF", "\xED", "\xB0-\xBF", "\x1A?"},
    {"\xE0-\xEF", "\x1A?", "\x1A\x80-\xBF"},
    {"\xE0-\xEF", "\x1A\x80-\xBF", "\x1A?"},
    {"\xF0-\xF4", "\x1A?", "\x1A\x80-\xBF", "\x1A\x80-\xBF"},
    {"\xF0-\xF4", "\x1A\x80-\xBF", "\x1A?", "\x1A\x80-\xBF"},
    {"\xF0-\xF4", "\x1A\x80-\xBF", "\x1A\x80-\xBF", "\x1A?"},
    {"\x1A"},
};

/// The pattern's length if the bytes begin with it, else 0.
constexpr std::size_t match_front(std::string_view bytes, const byte_pattern& pattern) {
  std::size_t at = 0;
  for (; at < std::size(pattern) && !pattern[at].empty(); ++at)
    if (at == bytes.size() || !pattern[at].contains(bytes[at])) return 0;
  return at;
}

/// The same for the first of several that fits.
template <std::size_t N>
constexpr std::size_t match_front(std::string_view bytes, const byte_pattern (&patterns)[N]) {
  for (const auto& pattern : patterns)
    if (const std::size_t size = match_front(bytes, pattern)) return size;
  return 0;
}

/// Whether the bytes begin with an `à` that stood alone, whose second byte became a space and then fell together with
/// the space behind it; the Portuguese words às, àquele, àquela, àquilo begin otherwise.
inline bool is_lone_a_grave(std::string_view bytes) {
  if (!bytes.starts_with("\xC3 ")) return false;
  for (const std::string_view ending : {" ", "quele", "quela", "quilo", "s "})
    if (bytes.substr(2).starts_with(ending)) return false;
  return true;
}

/// Makes of spaces inside UTF-8 the no-break spaces that they were.
inline std::string restore_spaces(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const std::string_view rest = bytes.substr(at);
    if (is_lone_a_grave(rest)) {
      out += "\xC3\xA0 ";
      at += 2;
    } else if (const std::size_t size = match_front(rest, spaced_utf8)) {
      for (const char c : rest.substr(0, size)) out.push_back(c == ' ' ? '\xA0' : c);
      at += size;
    } else {
      out.push_back(bytes[at++]);
    }
  }
  return out;
}

/// Makes U+FFFD of every sequence of UTF-8 that has lost a byte.
inline std::string replace_lossy_sequences(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t size = match_front(bytes.substr(at), lossy_utf8);
    if (size > 0) {
      out += "\uFFFD";
      at += size;
    } else {
      out.push_back(bytes[at++]);
    }
  }
  return out;
}

/// Strict UTF-8, in which U+0000 may be C0 80 (Java) and a character beyond U+FFFF the two surrogates (CESU-8); nothing
/// if it is not that. A line feed that ends the text passes for the last byte of either: ftfy's expressions say `$`.
inline std::optional<std::u32string> decode_utf8_variants(std::string_view bytes) {
  std::u32string out;
  out.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const std::string_view rest = bytes.substr(at);
    if (rest.starts_with("\xC0\x80") || rest == "\xC0\n") {
      out.push_back(0);
      at += 2;
    } else if (match_front(rest, surrogate_pair) > 0 && (rest[5] != '\n' || rest.size() == 6)) {
      const auto bits = [&](std::size_t i, unsigned mask) { return static_cast<std::uint8_t>(rest[i]) & mask; };
      out.push_back(0x10000 + (bits(1, 0x0F) << 16 | bits(2, 0x3F) << 10 | bits(4, 0x0F) << 6 | bits(5, 0x3F)));
      at += 6;
    } else {
      const char32_t c = unicode::next(bytes, at);
      if (c == unicode::replacement && !rest.starts_with("\uFFFD")) return std::nullopt;
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace clipt::inline CLIPT_BUILD::detail
