// How many scans a JPEG may have, and how much of it stb_image (2.27, Debian 12) may see: damaged tables lead it out of its memory.
#pragma once
#include <array>        // array
#include <cstddef>      // byte, size_t
#include <span>         // span
#include <string_view>  // string_view

#include <fmt/format.h>  // format

#include <clipt/io/file_bytes.hpp>     // byte_at
#include <clipt/io/image_guards.hpp>   // refuse_image
#include <clipt/io/image_headers.hpp>  // next_marker

namespace clipt::inline CLIPT_BUILD::detail {

/// Calls `use(kind and number, codes)` for each table of the Huffman segment whose length field is at `at`.
template <class Use>
void for_each_huffman_table(std::span<const std::byte> bytes, std::size_t at, const Use& use) {
  int left = byte_at(bytes, at) * 256 + byte_at(bytes, at + 1) - 2;
  for (at += 2; left > 0;) {
    int codes = 0;
    for (std::size_t i = 1; i <= 16; ++i) codes += byte_at(bytes, at + i);
    use(byte_at(bytes, at), codes);
    left -= 17 + codes;
    at += static_cast<std::size_t>(17 + codes);
  }
}

/// Whether the Huffman segment whose length field is at `at` has a table of more than 256 codes.
inline bool overfull_huffman_table(std::span<const std::byte> bytes, std::size_t at) {
  bool overfull = false;
  for_each_huffman_table(bytes, at, [&](int, int codes) { overfull = overfull || codes > 256; });
  return overfull;
}

/// The Huffman tables that a JPEG file has defined so far: four for DC and four for AC coefficients.
class huffman_tables {
 public:
  /// Those of the segment whose length field is at `at`.
  void define(std::span<const std::byte> bytes, std::size_t at) {
    for_each_huffman_table(bytes, at, [this](int table, int) {
      const int kind = table >> 4, number = table & 15;
      if (kind < 2 && number < 4) defined_[static_cast<std::size_t>(4 * kind + number)] = true;
    });
  }

  /// Whether a scan, whose length field is at `at`, has the tables that it reads; a progressive one reads one kind.
  bool serve(std::span<const std::byte> bytes, std::size_t at, bool progressive) const {
    const auto components = static_cast<std::size_t>(byte_at(bytes, at + 2));
    const bool begins_with_dc = byte_at(bytes, at + 3 + 2 * components) == 0;
    for (std::size_t i = 0; i < components; ++i) {
      const int numbers = byte_at(bytes, at + 4 + 2 * i);
      const bool dc = !progressive || begins_with_dc, ac = !progressive || !begins_with_dc;
      if (dc && !known(numbers >> 4, 0)) return false;
      if (ac && !known(numbers & 15, 4)) return false;
    }
    return true;
  }

 private:
  bool known(int number, std::size_t first) const {
    return number < 4 && defined_[first + static_cast<std::size_t>(number)];
  }

  std::array<bool, 8> defined_{};
};

/// More scans than this are refused: each one goes through all blocks of the picture, and may have no data of its own. Encoders
/// write 10 to 20; with every choice that the standard leaves they could write some hundreds.
inline constexpr int most_jpeg_scans = 100;

[[noreturn]] inline void refuse_scans(std::string_view name) {
  refuse_image(name, fmt::format("a progressive JPEG of more than {} scans", most_jpeg_scans));
}

/// How much of a JPEG file stb_image may see: all, or what lies before a Huffman table of more than 256 codes, or before
/// a scan of tables that the file has not defined.
///
/// stb_image writes the codes of such a table over the rest of its decoder, pointers included, and it reads a table that
/// nobody has defined from memory that nobody has written.
/// Up to the first scan the segments are walked as stb_image walks them, so that metadata is not mistaken for markers;
/// behind it, where a damaged file can lead the decoder anywhere, every FF C4 counts. Sound files have none of these.
/// Errors: io_error for too many scans.
inline std::span<const std::byte> safe_part_of_jpeg(std::span<const std::byte> bytes, std::string_view name) {
  huffman_tables tables;
  int scans = 0;
  bool scanning = false, progressive = false;
  for (std::size_t at = next_marker(bytes, 2); at < bytes.size();) {
    const int marker = byte_at(bytes, at);
    if (marker == 0xC4 && overfull_huffman_table(bytes, at + 1)) return bytes.first(at - 1);
    if (marker == 0xC4) tables.define(bytes, at + 1);
    progressive = progressive || marker == 0xC2;
    if (marker == 0xDA && !tables.serve(bytes, at + 1, progressive)) return bytes.first(at - 1);
    scanning = scanning || marker == 0xDA;
    scans += marker == 0xDA ? 1 : 0;
    if (scans > most_jpeg_scans) refuse_scans(name);
    const std::size_t length = static_cast<std::size_t>(byte_at(bytes, at + 1) * 256 + byte_at(bytes, at + 2));
    at = next_marker(bytes, scanning ? at + 1 : at + 1 + length);
  }
  return bytes;
}

}  // namespace clipt::inline CLIPT_BUILD::detail
