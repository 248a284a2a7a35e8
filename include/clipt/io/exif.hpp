// EXIF orientation: where JPEG, PNG and WebP files keep it.
#pragma once
#include <algorithm>    // min
#include <cstddef>      // byte, size_t
#include <cstdint>      // int64_t
#include <span>         // span
#include <string_view>  // string_view
#include <vector>       // vector

#include <clipt/io/file_bytes.hpp>     // byte_at, big_endian
#include <clipt/io/image_formats.hpp>  // image_format
#include <clipt/io/image_headers.hpp>  // next_marker, png_chunk_data

namespace clipt::inline CLIPT_BUILD {

namespace detail {

inline constexpr std::string_view exif_begin{"Exif\0\0", 6};

/// The EXIF data of a JPEG file: its APP1 segments of that name, before the first scan, put together.
inline std::vector<std::byte> exif_of_jpeg(std::span<const std::byte> bytes) {
  std::vector<std::byte> exif;
  for (std::size_t at = next_marker(bytes, 2); at < bytes.size() && byte_at(bytes, at) != 0xDA;) {
    const auto length = static_cast<std::size_t>(big_endian(bytes, at + 1, 2));
    const std::span<const std::byte> segment = bytes.subspan(at, std::min(1 + length, bytes.size() - at));
    if (byte_at(bytes, at) == 0xE1 && segment.size() > 3 && starts_with(segment.subspan(3), exif_begin))
      exif.insert(exif.end(), segment.begin() + 9, segment.end());
    at = next_marker(bytes, at + 1 + length);
  }
  return exif;
}

/// The value of tag 0x0112 in the first directory of EXIF data (laid out as TIFF), 1 to 8; 1 if there is none.
inline int orientation_of(std::span<const std::byte> exif) {
  const bool little = starts_with(exif, std::string_view("II*\0", 4));
  if (!little && !starts_with(exif, std::string_view("MM\0*", 4))) return 1;
  const auto number = [&](std::size_t at, std::size_t count) {
    return little ? little_endian(exif, at, count) : big_endian(exif, at, count);
  };
  const auto directory = static_cast<std::size_t>(number(4, 4));
  std::int64_t found = 1;
  for (std::int64_t i = 0; i < number(directory, 2); ++i) {
    const std::size_t at = directory + 2 + static_cast<std::size_t>(i) * 12;
    if (at + 12 > exif.size()) break;
    const std::int64_t type = number(at + 2, 2);  // 1: byte, 3: short, 4: long
    if (number(at, 2) == 0x0112 && number(at + 4, 4) == 1 && (type == 1 || type == 3 || type == 4))
      found = number(at + 8, type == 1 ? 1 : type == 3 ? 2 : 4);
  }
  return found >= 1 && found <= 8 ? static_cast<int>(found) : 1;
}

/// The EXIF data of a WebP file: its chunk of that name.
inline std::span<const std::byte> exif_of_webp(std::span<const std::byte> bytes) {
  for (std::size_t at = 12; at + 8 <= bytes.size();) {
    const auto length = static_cast<std::size_t>(little_endian(bytes, at + 4, 4));
    if (starts_with(bytes.subspan(at), "EXIF")) return part_of(bytes, at + 8, length);
    at += 8 + length + length % 2;
  }
  return {};
}

/// The orientation of a JPEG, PNG or WebP; 1 of others.
inline int orientation_of(std::span<const std::byte> bytes, image_format format) {
  if (format == image_format::jpeg) return orientation_of(exif_of_jpeg(bytes));
  if (format != image_format::png && format != image_format::webp) return 1;
  const std::span<const std::byte> exif =
      format == image_format::png ? png_chunk_data(bytes, "eXIf") : exif_of_webp(bytes);
  return orientation_of(starts_with(exif, exif_begin) ? exif.subspan(exif_begin.size()) : exif);
}

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD
