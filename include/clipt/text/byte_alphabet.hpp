// How CLIP spells bytes as printable characters, and in which order it numbers them.
#pragma once
#include <array>        // array
#include <cstddef>      // size_t
#include <cstdint>      // int32_t
#include <string_view>  // string_view

#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD::detail {

/// Marks the last symbol of a word in CLIP's files.
inline constexpr std::string_view end_of_word = "</w>";

/// How CLIP writes a byte as a printable character, and in which order it numbers the bytes: first the 188 that are
/// printable in Latin-1, each as itself, then the others as U+0100, U+0101, ...
struct byte_alphabet {
  std::array<char32_t, 256> symbol{};
  std::array<std::int32_t, 256> id{};
  std::array<std::uint8_t, 256> byte{};              // of an id
  std::array<std::int32_t, 0x144> byte_of_symbol{};  // -1: stands for no byte
};

inline constexpr byte_alphabet alphabet = [] {
  byte_alphabet a;
  a.byte_of_symbol.fill(-1);
  std::int32_t id = 0;
  char32_t other = 0x100;
  for (const bool printable : {true, false}) {
    for (std::size_t b = 0; b < 256; ++b) {
      if (printable != ((b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174)) continue;
      a.symbol[b] = printable ? static_cast<char32_t>(b) : other++;
      a.byte_of_symbol[a.symbol[b]] = static_cast<std::int32_t>(b);
      a.byte[static_cast<std::size_t>(id)] = static_cast<std::uint8_t>(b);
      a.id[b] = id++;
    }
  }
  return a;
}();

}  // namespace clipt::inline CLIPT_BUILD::detail
