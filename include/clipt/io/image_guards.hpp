// Checks of damaged and oversized files that stb_image (2.27, Debian 12) does not make itself.
#pragma once
#include <zlib.h>       // crc32
#include <cstddef>      // byte, size_t
#include <cstdint>      // int64_t
#include <cstdlib>      // abs
#include <span>         // span
#include <string_view>  // string_view

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>        // io_error
#include <clipt/io/file_bytes.hpp>     // byte_at, big_endian, starts_with
#include <clipt/io/image_formats.hpp>  // image_format
#include <clipt/io/image_headers.hpp>  // read_bmp_header, read_pnm_header

namespace clipt::inline CLIPT_BUILD::detail {

[[noreturn]] inline void refuse_image(std::string_view name, std::string_view reason) {
  throw io_error(fmt::format("clipt::read_image: {}: {}", name, reason));
}

inline void check_pixels(std::int64_t width, std::int64_t height, std::string_view name, std::int64_t pixel_limit) {
  if (width <= 0 || height <= 0) refuse_image(name, fmt::format("{} x {} pixels is no picture", width, height));
  if (width > pixel_limit / height)
    refuse_image(name, fmt::format("{} x {} pixels are more than the limit of {}", width, height, pixel_limit));
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
