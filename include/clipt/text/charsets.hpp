// The single-byte character sets that UTF-8 is misread in, and which byte a character is in each of them.
#pragma once
#include <array>          // array
#include <cstddef>        // size_t
#include <cstdint>        // uint8_t
#include <optional>       // optional
#include <string>         // string
#include <string_view>    // string_view, u16string_view, u32string_view
#include <unordered_map>  // unordered_map

#include <clipt/text/charset_tables.hpp>  // windows_1252
#include <clipt/text/unicode.hpp>         // replacement

namespace clipt::inline CLIPT_BUILD::detail {

inline constexpr char32_t substitute = 0x1A;

/// What the bytes 0x80 to 0xFF of a set mean. A lossy one writes U+FFFD as the control SUBSTITUTE, which then is no
/// character of its own.
struct charset {
  std::u16string_view high;
  bool lossy = false;
};

inline constexpr std::array<char16_t, 128> latin_1 = [] {
  std::array<char16_t, 128> same{};
  for (std::size_t i = 0; i < same.size(); ++i) same[i] = static_cast<char16_t>(0x80 + i);
  return same;
}();

/// In the order in which they are tried. The first eight have their letters where Latin-1 has its own.
inline constexpr std::array<charset, 10> charsets{{
    {{latin_1.data(), latin_1.size()}},
    {windows_1252, true},
    {windows_1251, true},
    {windows_1250, true},
    {windows_1253, true},
    {windows_1254, true},
    {windows_1257, true},
    {iso_8859_2},
    {mac_roman},
    {cp437},
}};
inline constexpr std::size_t charsets_like_latin_1 = 8;
inline constexpr std::size_t mac_roman_index = 8;

/// By charset the byte of a character that is not ASCII, 0 where it has none.
using charset_bytes = std::array<std::uint8_t, charsets.size()>;

inline std::unordered_map<char32_t, charset_bytes> invert_charsets() {
  std::unordered_map<char32_t, charset_bytes> bytes;
  bytes.reserve(1024);
  for (std::size_t i = 0; i < charsets.size(); ++i) {
    for (std::size_t at = 0; at < 128; ++at) bytes[charsets[i].high[at]][i] = static_cast<std::uint8_t>(0x80 + at);
    bytes[charsets[i].lossy ? unicode::replacement : substitute][i] = substitute;
  }
  return bytes;
}

/// The bytes of a character that is not ASCII or is SUBSTITUTE.
inline const charset_bytes& bytes_in_charsets(char32_t c) {
  static const auto bytes = invert_charsets();
  static constexpr charset_bytes none{};
  const auto found = bytes.find(c);
  return found == bytes.end() ? none : found->second;
}

/// The text's bytes in the charset of that index; nothing if it lacks one of the characters.
/// Python equivalent: text.encode(name), for lossy ones with ftfy's `sloppy-` names.
inline std::optional<std::string> encode_in_charset(std::u32string_view text, std::size_t index) {
  std::string bytes;
  bytes.reserve(text.size());
  for (const char32_t c : text) {
    const bool ascii = c < 0x80 && c != substitute;
    const std::uint8_t byte = ascii ? static_cast<std::uint8_t>(c) : bytes_in_charsets(c)[index];
    if (byte == 0 && !ascii) return std::nullopt;
    bytes.push_back(static_cast<char>(byte));
  }
  return bytes;
}

}  // namespace clipt::inline CLIPT_BUILD::detail
