// TGA files laid out so that stb_image (2.27, Debian 12) reads them as Pillow does.
#pragma once
#include <algorithm>    // copy_n, equal, fill, fill_n, min
#include <cstddef>      // byte, size_t
#include <cstdint>      // int64_t
#include <span>         // span
#include <string_view>  // string_view
#include <vector>       // vector

#include <fmt/format.h>  // format

#include <clipt/io/file_bytes.hpp>    // byte_at, little_endian, part_of
#include <clipt/io/image_guards.hpp>  // refuse_image, check_pixels
#include <clipt/io/pixels.hpp>        // image

namespace clipt::inline CLIPT_BUILD::detail {

struct tga_header {
  std::size_t kind;  // 1: numbers of colours, 2: colours, 3: greys
  bool runs;         // pixels are packed
  std::int64_t width, height;
  std::size_t depth;  // bits per pixel
  std::size_t map_at, map_first, map_size, map_depth, pixels_at;
};

inline tga_header read_tga_header(std::span<const std::byte> bytes) {
  const auto number = [bytes](std::size_t at, std::size_t count) {
    return static_cast<std::size_t>(little_endian(bytes, at, count));
  };
  tga_header tga{number(2, 1) & 7,
                 (number(2, 1) & 8) != 0,
                 little_endian(bytes, 12, 2),
                 little_endian(bytes, 14, 2),
                 number(16, 1),
                 18 + number(0, 1),
                 number(3, 2),
                 number(1, 1) == 0 ? 0 : number(5, 2),
                 number(7, 1),
                 0};
  tga.pixels_at = tga.map_at + tga.map_size * ((tga.map_depth + 7) / 8);
  return tga;
}

/// Refuses the kinds of TGA that Pillow does not read either.
inline void check_tga(const tga_header& tga, std::string_view name) {
  const std::size_t depth = tga.depth;
  const bool known = (tga.kind == 1 && depth == 8) || (tga.kind == 3 && depth == 1 && !tga.runs) ||
                     (tga.kind == 2 && (depth == 16 || depth == 24 || depth == 32)) ||
                     (tga.kind == 3 && (depth == 8 || depth == 16));
  if (!known)
    refuse_image(name, fmt::format("a TGA of kind {} with {} bits per pixel, which is not read", tga.kind, depth));
  const std::size_t map = tga.map_depth;
  if (tga.kind == 1 && tga.map_size == 0) refuse_image(name, "a TGA of numbered colours without a palette");
  if (tga.map_size > 0 && map != 16 && map != 24 && map != 32)
    refuse_image(name, fmt::format("a TGA palette of {} bits per colour; 16, 24 and 32 are read", map));
}

/// The pixels of a TGA with its runs written out; a run may not go on in the next row.
inline std::vector<std::byte> tga_pixels(std::span<const std::byte> bytes, const tga_header& tga,
                                         std::string_view name) {
  const std::size_t step = tga.depth / 8, row = (static_cast<std::size_t>(tga.width) * tga.depth + 7) / 8;
  const std::size_t size = row * static_cast<std::size_t>(tga.height);
  const auto need = [&](std::size_t at, std::size_t count) {
    if (at > bytes.size() || count > bytes.size() - at)
      refuse_image(
          name, fmt::format("cut short: {} x {} pixels need more than {} bytes", tga.width, tga.height, bytes.size()));
    return bytes.subspan(at, count);
  };
  if (!tga.runs) {
    const auto all = need(tga.pixels_at, size);
    return {all.begin(), all.end()};
  }
  std::vector<std::byte> out;
  for (std::size_t at = tga.pixels_at; out.size() < size;) {
    const auto packet = std::to_integer<std::size_t>(need(at, 1)[0]);
    const std::size_t count = (packet & 127) + 1;
    const bool run = packet >= 128;
    const auto part = need(at + 1, run ? step : count * step);
    if (run && out.size() % row + count * step > row) refuse_image(name, "damaged: a run reaches beyond its row");
    for (std::size_t i = 0; i < (run ? count : 1); ++i) out.insert(out.end(), part.begin(), part.end());
    at += 1 + part.size();
  }
  out.resize(size);
  return out;
}

/// Colours of 16 bits, five for each channel, as bytes: blue, green, red and alpha, which the last bit takes away.
inline std::vector<std::byte> tga_wide_colours(std::span<const std::byte> bytes) {
  std::vector<std::byte> out;
  out.reserve(bytes.size() * 2);
  for (std::size_t at = 0; at + 2 <= bytes.size(); at += 2) {
    const auto colour = static_cast<unsigned>(little_endian(bytes, at, 2));
    for (const unsigned shift : {0u, 5u, 10u}) out.push_back(static_cast<std::byte>((colour >> shift & 31) * 255 / 31));
    out.push_back(static_cast<std::byte>((colour & 0x8000) != 0 ? 0 : 255));
  }
  return out;
}

/// Bits, of which each row has whole bytes, as numbers of colours: 0 or 1.
inline std::vector<std::byte> tga_bits(std::span<const std::byte> bytes, const tga_header& tga) {
  const auto width = static_cast<std::size_t>(tga.width), row = (width + 7) / 8;
  std::vector<std::byte> out;
  out.reserve(width * static_cast<std::size_t>(tga.height));
  for (std::size_t y = 0; y < static_cast<std::size_t>(tga.height); ++y)
    for (std::size_t x = 0; x < width; ++x)
      out.push_back(bytes[y * row + x / 8] >> static_cast<int>(7 - x % 8) & std::byte{1});
  return out;
}

/// Whether the extension at the end of a TGA says that what looks like alpha is none.
inline bool tga_denies_alpha(std::span<const std::byte> bytes) {
  if (bytes.size() < 44 || !starts_with(bytes.last(18), std::string_view("TRUEVISION-XFILE.\0", 18))) return false;
  const auto extension = static_cast<std::size_t>(little_endian(bytes, bytes.size() - 26, 4));
  return extension != 0 && extension + 494 < bytes.size() && byte_at(bytes, extension + 494) == 0;
}

/// The palette as 256 colours of blue, green and red.
inline std::vector<std::byte> tga_palette(std::span<const std::byte> bytes, const tga_header& tga) {
  const std::size_t step = tga.map_depth == 24 ? 3 : 4;
  const auto stored = part_of(bytes, tga.map_at, tga.map_size * tga.map_depth / 8);
  const std::vector<std::byte> colours =
      tga.map_depth == 16 ? tga_wide_colours(stored) : std::vector<std::byte>(stored.begin(), stored.end());
  std::vector<std::byte> out(256 * 3);
  for (std::size_t i = 0; i < colours.size() / step && tga.map_first + i < 256; ++i)
    std::copy_n(colours.data() + i * step, 3, out.data() + 3 * (tga.map_first + i));
  return out;
}

/// The same picture without runs, with 8 bits per channel and, if its pixels are numbers or bits, a palette of 256 colours.
///
/// stb_image hands out black or stale pixels where runs end early or a number has no colour, and looks for palettes that
/// do not begin with colour 0 in the wrong place.
inline std::vector<std::byte> plain_tga(std::span<const std::byte> bytes, std::string_view name,
                                        std::int64_t pixel_limit) {
  const tga_header tga = read_tga_header(bytes);
  check_tga(tga, name);
  check_pixels(tga.width, tga.height, name, pixel_limit);
  std::vector<std::byte> pixels = tga_pixels(bytes, tga, name);
  const bool five_bits = tga.kind == 2 && tga.depth == 16;
  if (five_bits) pixels = tga_wide_colours(pixels);
  const bool bits = tga.depth == 1;
  if (bits) pixels = tga_bits(pixels, tga);
  const std::size_t depth = five_bits ? 32 : bits ? 8 : tga.depth;
  if (depth == 32 && tga_denies_alpha(bytes))
    for (std::size_t i = 3; i < pixels.size(); i += 4) pixels[i] = std::byte{255};
  std::vector<std::byte> out(bytes.begin(), bytes.begin() + 18);
  const bool indexed = tga.kind == 1 || bits;
  out[0] = std::byte{0};
  out[1] = static_cast<std::byte>(indexed ? 1 : 0);
  out[2] = static_cast<std::byte>(indexed ? 1 : tga.kind);
  std::fill_n(out.begin() + 3, 5, std::byte{0});
  out[16] = static_cast<std::byte>(depth);
  if (indexed) {
    out[6] = std::byte{1};  // 256 colours
    out[7] = std::byte{24};
    std::vector<std::byte> palette = tga_palette(bytes, tga);
    if (bits) std::fill(std::fill_n(palette.begin(), 3, std::byte{0}), palette.end(), std::byte{255});
    out.insert(out.end(), palette.begin(), palette.end());
  }
  out.insert(out.end(), pixels.begin(), pixels.end());
  return out;
}

/// The picture turned round where the file says that its rows run from right to left, of which stb_image knows nothing.
inline void turn_tga_rows(std::span<const std::byte> bytes, image& picture) {
  if ((byte_at(bytes, 17) & 0x10) == 0) return;
  for (int y = 0; y < picture.height; ++y) {
    std::uint8_t* left = picture.row(y);
    std::uint8_t* right = left + picture.stride() - picture.channels;
    for (; left < right; left += picture.channels, right -= picture.channels)
      std::swap_ranges(left, left + picture.channels, right);
  }
}

}  // namespace clipt::inline CLIPT_BUILD::detail
