// Checks of damaged and oversized files that stb_image (2.27, Debian 12) does not make itself.
#pragma once
#include <zlib.h>       // crc32
#include <array>        // array
#include <cstddef>      // byte, size_t
#include <span>         // span
#include <string_view>  // string_view

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>        // io_error
#include <clipt/io/image_formats.hpp>  // byte_at, big_endian, read_bmp_header, read_pnm_header

namespace clipt::inline CLIPT_BUILD::detail {

[[noreturn]] inline void refuse_image(std::string_view name, std::string_view reason) {
  throw io_error(fmt::format("clipt::read_image: {}: {}", name, reason));
}

inline void check_pixels(std::int64_t width, std::int64_t height, std::string_view name, std::int64_t pixel_limit) {
  if (width <= 0 || height <= 0) refuse_image(name, fmt::format("{} x {} pixels is no picture", width, height));
  if (width > pixel_limit / height)
    refuse_image(name, fmt::format("{} x {} pixels are more than the limit of {}", width, height, pixel_limit));
}

/// Whether the Huffman segment whose length field is at `at` has a table of more than 256 codes.
inline bool overfull_huffman_table(std::span<const std::byte> bytes, std::size_t at) {
  int left = byte_at(bytes, at) * 256 + byte_at(bytes, at + 1) - 2;
  for (at += 2; left > 0;) {
    int codes = 0;
    for (std::size_t i = 1; i <= 16; ++i) codes += byte_at(bytes, at + i);
    if (codes > 256) return true;
    left -= 17 + codes;
    at += static_cast<std::size_t>(17 + codes);
  }
  return false;
}

/// The Huffman tables that a JPEG file has defined so far: four for DC and four for AC coefficients.
class huffman_tables {
 public:
  /// Those of the segment whose length field is at `at`.
  void define(std::span<const std::byte> bytes, std::size_t at) {
    int left = byte_at(bytes, at) * 256 + byte_at(bytes, at + 1) - 2;
    for (at += 2; left > 0;) {
      const int kind = byte_at(bytes, at) >> 4, number = byte_at(bytes, at) & 15;
      if (kind < 2 && number < 4) defined_[static_cast<std::size_t>(4 * kind + number)] = true;
      int codes = 0;
      for (std::size_t i = 1; i <= 16; ++i) codes += byte_at(bytes, at + i);
      left -= 17 + codes;
      at += static_cast<std::size_t>(17 + codes);
    }
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

/// How much of a JPEG file stb_image may see: all, or what lies before a Huffman table of more than 256 codes, or before
/// a scan of tables that the file has not defined.
///
/// stb_image writes the codes of such a table over the rest of its decoder, pointers included, and it reads a table that
/// nobody has defined from memory that nobody has written.
/// Up to the first scan the segments are walked as stb_image walks them, so that metadata is not mistaken for markers;
/// behind it, where a damaged file can lead the decoder anywhere, every FF C4 counts. Sound files have none of these.
inline std::span<const std::byte> safe_part_of_jpeg(std::span<const std::byte> bytes) {
  huffman_tables tables;
  bool scanning = false, progressive = false;
  for (std::size_t at = next_marker(bytes, 2); at < bytes.size();) {
    const int marker = byte_at(bytes, at);
    if (marker == 0xC4 && overfull_huffman_table(bytes, at + 1)) return bytes.first(at - 1);
    if (marker == 0xC4) tables.define(bytes, at + 1);
    progressive = progressive || marker == 0xC2;
    if (marker == 0xDA && !tables.serve(bytes, at + 1, progressive)) return bytes.first(at - 1);
    scanning = scanning || marker == 0xDA;
    const std::size_t length = static_cast<std::size_t>(byte_at(bytes, at + 1) * 256 + byte_at(bytes, at + 2));
    at = next_marker(bytes, scanning ? at + 1 : at + 1 + length);
  }
  return bytes;
}

/// Refuses a PNG file with a chunk that reaches beyond its end, or with a wrong check sum before the pixels.
///
/// stb_image reserves memory for as much compressed data as a chunk announces, up to a gigabyte, before it looks; and
/// it looks at no check sum. Those of the pixels are left out here, as in Pillow: deflate has its own.
inline void check_png(std::span<const std::byte> bytes, std::string_view name) {
  bool pixels = false;
  for (std::size_t at = 8; at + 8 <= bytes.size();) {
    const auto length = static_cast<std::size_t>(big_endian(bytes, at, 4));
    if (length > bytes.size() - at - 8)
      refuse_image(name, fmt::format("cut short: a chunk reaches beyond the end at {} bytes", bytes.size()));
    const std::span<const std::byte> kind = bytes.subspan(at + 4);
    if (starts_with(kind, "IEND")) return;  // what follows is not read
    pixels = pixels || starts_with(kind, "IDAT");
    const auto sum = crc32(0, reinterpret_cast<const Bytef*>(kind.data()), static_cast<uInt>(length + 4));
    if (!pixels && static_cast<std::int64_t>(sum) != big_endian(bytes, at + 8 + length, 4))
      refuse_image(name, fmt::format("damaged: the check sum of the chunk at byte {} is wrong", at));
    at += 12 + length;
  }
}

/// Bytes that an uncompressed file must have; stb_image would hand out zeros or uninitialised memory for what is
/// missing.
inline std::int64_t least_size(std::span<const std::byte> bytes, image_format format, int width, int height,
                               int channels, bool wide) {
  const std::int64_t pixels = std::int64_t{width} * std::abs(height);
  if (format == image_format::pnm)
    return static_cast<std::int64_t>(read_pnm_header(bytes).pixels_at) + pixels * channels * (wide ? 2 : 1);
  if (format == image_format::tga && byte_at(bytes, 2) < 8) return 18 + pixels * ((byte_at(bytes, 16) + 7) / 8);
  if (format != image_format::bmp) return 0;
  const bmp_header bmp = read_bmp_header(bytes);
  return bmp.pixels_at + (bmp.width * bmp.bits + 31) / 32 * 4 * bmp.height;
}

}  // namespace clipt::inline CLIPT_BUILD::detail
