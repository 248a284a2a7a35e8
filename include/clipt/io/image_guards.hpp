// Checks of damaged and oversized files that stb_image (2.27, Debian 12) does not make itself.
#pragma once
#include <zlib.h>       // crc32
#include <cctype>       // isalnum
#include <cstddef>      // byte, size_t
#include <cstdint>      // int64_t
#include <span>         // span
#include <string_view>  // string_view

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>     // io_error
#include <clipt/io/file_bytes.hpp>  // byte_at, big_endian, starts_with

namespace clipt::inline CLIPT_BUILD::detail {

[[noreturn]] inline void refuse_image(std::string_view name, std::string_view reason) {
  throw io_error(fmt::format("clipt::read_image: {}: {}", name, reason));
}

inline void check_pixels(std::int64_t width, std::int64_t height, std::string_view name, std::int64_t pixel_limit) {
  if (width <= 0 || height <= 0) refuse_image(name, fmt::format("{} x {} pixels is no picture", width, height));
  if (width > pixel_limit / height)
    refuse_image(name, fmt::format("{} x {} pixels are more than the limit of {}", width, height, pixel_limit));
}

/// Whether four letters, digits or underscores come first; anything else ends a PNG to Pillow.
inline bool names_png_chunk(std::span<const std::byte> bytes) {
  for (std::size_t i = 0; i < 4; ++i)
    if (std::isalnum(byte_at(bytes, i)) == 0 && byte_at(bytes, i) != '_') return false;
  return true;
}

/// Refuses a PNG file that is cut short, or has a wrong check sum, outside its pixels; says whether those are whole, too.
///
/// stb_image reserves memory for as much compressed data as a chunk announces, up to a gigabyte, before it looks; and
/// it looks at no check sum. Those of the pixels need not be right, as in Pillow: deflate has its own.
inline bool check_png(std::span<const std::byte> bytes, std::string_view name) {
  bool begun = false, within = false,
       sound = true;  // the pixels: their first chunk was met, the last chunk was of them
  for (std::size_t at = 8; at + 8 <= bytes.size();) {
    const auto length = static_cast<std::size_t>(big_endian(bytes, at, 4));
    const std::span<const std::byte> kind = bytes.subspan(at + 4);
    if (starts_with(kind, "IEND")) return sound;  // what follows is not read
    if (begun && !names_png_chunk(kind)) return false;
    const bool pixels = starts_with(kind, "IDAT");
    if (length > bytes.size() - at - 8) {
      if (pixels && (within || !begun)) return false;
      refuse_image(name, fmt::format("cut short: a chunk reaches beyond the end at {} bytes", bytes.size()));
    }
    begun = begun || pixels;
    within = pixels;
    const auto sum = crc32(0, reinterpret_cast<const Bytef*>(kind.data()), static_cast<uInt>(length + 4));
    const bool right = static_cast<std::int64_t>(sum) == big_endian(bytes, at + 8 + length, 4);
    if (!right && !begun)
      refuse_image(name, fmt::format("damaged: the check sum of the chunk at byte {} is wrong", at));
    sound = sound && (right || !pixels);
    at += 12 + length;
  }
  return false;
}

}  // namespace clipt::inline CLIPT_BUILD::detail
