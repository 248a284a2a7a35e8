// Which format a picture's file has, and which mode and palette the picture has by it, as in Pillow.
#pragma once
#include <algorithm>    // fill_n
#include <cstddef>      // byte, size_t
#include <cstdint>      // uint8_t
#include <span>         // span
#include <string_view>  // string_view
#include <utility>      // pair
#include <vector>       // vector

#include <clipt/io/file_bytes.hpp>     // byte_at, part_of, starts_with
#include <clipt/io/image_headers.hpp>  // read_png_header, read_gif_frame, read_bmp_header
#include <clipt/io/pixels.hpp>         // pixel_mode

namespace clipt::inline CLIPT_BUILD::detail {

enum class image_format { unknown, png, jpeg, gif, bmp, tga, pnm, webp, tiff, avif };

/// TGA has no signature, so its header has to be plausible.
inline bool looks_like_tga(std::span<const std::byte> bytes) {
  const int kind = byte_at(bytes, 2), bits = byte_at(bytes, 16);
  const bool depth = bits == 8 || bits == 16 || bits == 24 || bits == 32 || (bits == 1 && kind == 3);
  const bool known_kind = (kind & ~8) >= 1 && (kind & ~8) <= 3 && kind < 12;
  return bytes.size() > 18 && byte_at(bytes, 1) <= 1 && known_kind && depth;
}

/// Whether a file of the ISO's media formats says that it is, or may be, AVIF; HEIC, which it may be too, says so itself.
inline bool looks_like_avif(std::span<const std::byte> bytes) {
  if (bytes.size() < 12 || !starts_with(bytes.subspan(4), "ftyp")) return false;
  for (const char* brand : {"avif", "avis", "mif1", "msf1"})
    if (starts_with(bytes.subspan(8), brand)) return true;
  return false;
}

/// The format by the first bytes.
inline image_format format_of(std::span<const std::byte> bytes) {
  using namespace std::string_view_literals;
  constexpr std::pair<std::string_view, image_format> signatures[] = {{"\x89PNG\r\n\x1a\n", image_format::png},
                                                                      {"\xFF\xD8\xFF", image_format::jpeg},
                                                                      {"GIF87a", image_format::gif},
                                                                      {"GIF89a", image_format::gif},
                                                                      {"BM", image_format::bmp},
                                                                      {"P1", image_format::pnm},
                                                                      {"P2", image_format::pnm},
                                                                      {"P3", image_format::pnm},
                                                                      {"P4", image_format::pnm},
                                                                      {"P5", image_format::pnm},
                                                                      {"P6", image_format::pnm},
                                                                      {"II*\0"sv, image_format::tiff},
                                                                      {"MM\0*"sv, image_format::tiff},
                                                                      {"II+\0"sv, image_format::tiff},
                                                                      {"MM\0+"sv, image_format::tiff}};
  for (const auto& [signature, format] : signatures)
    if (starts_with(bytes, signature)) return format;
  if (starts_with(bytes, "RIFF") && bytes.size() >= 12 && starts_with(bytes.subspan(8), "WEBP"))
    return image_format::webp;
  if (looks_like_avif(bytes)) return image_format::avif;
  return looks_like_tga(bytes) ? image_format::tga : image_format::unknown;
}

/// Whether the file's pixels are numbers of colours of a palette; to Pillow one of greys in order is none.
inline bool is_indexed(std::span<const std::byte> bytes, image_format format) {
  const png_header png = read_png_header(bytes);
  switch (format) {
    case image_format::png: return png.colour == 3 || (png.colour == 0 && png.depth == 1);
    case image_format::gif: return !read_gif_frame(bytes).grey;
    case image_format::bmp: return bmp_is_indexed(bytes);
    case image_format::tga: return (byte_at(bytes, 2) & 7) == 1 || byte_at(bytes, 16) == 1;
    default: return false;
  }
}

/// Colours as they lie in a file, one every `step` bytes, as [colours, 3]; `places` are those of red, green and blue.
inline std::vector<std::uint8_t> colours_in(std::span<const std::byte> bytes, std::size_t step,
                                            const std::size_t (&places)[3]) {
  std::vector<std::uint8_t> out;
  for (std::size_t at = 0; at + step <= bytes.size(); at += step)
    for (const std::size_t place : places) out.push_back(static_cast<std::uint8_t>(byte_at(bytes, at + place)));
  return out;
}

/// The palette of a PNG of one bit: what is not black is white.
inline std::vector<std::uint8_t> black_and_white() {
  std::vector<std::uint8_t> out(256 * 3, 255);
  std::fill_n(out.begin(), 3, std::uint8_t{0});
  return out;
}

/// The colours of a picture of mode `palette`, [colours, 3]; a BMP or TGA is one of plain_bmp or plain_tga.
inline std::vector<std::uint8_t> palette_of(std::span<const std::byte> bytes, image_format format) {
  const gif_frame frame = format == image_format::gif ? read_gif_frame(bytes) : gif_frame{};
  switch (format) {
    case image_format::png:
      if (read_png_header(bytes).colour != 3) return black_and_white();
      return colours_in(png_chunk_data(bytes, "PLTE"), 3, {0, 1, 2});
    case image_format::gif: return colours_in(part_of(bytes, frame.palette_at, 3 * frame.colours), 3, {0, 1, 2});
    case image_format::bmp:
      return colours_in(part_of(bytes, 54, std::size_t{4} << read_bmp_header(bytes).bits), 4, {2, 1, 0});
    case image_format::tga: return colours_in(part_of(bytes, 18, 256 * 3), 3, {2, 1, 0});
    default: return {};
  }
}

}  // namespace clipt::inline CLIPT_BUILD::detail
