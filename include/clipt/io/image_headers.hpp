// What the headers of PNG, GIF and BMP files say beyond what stb_image hands on, and where JPEG's markers are.
#pragma once
#include <cstddef>      // byte, size_t
#include <cstdint>      // int64_t, uint8_t
#include <cstdlib>      // abs
#include <span>         // span
#include <string_view>  // string_view
#include <vector>       // vector

#include <clipt/io/file_bytes.hpp>  // byte_at, little_endian, big_endian, starts_with

namespace clipt::inline CLIPT_BUILD::detail {

/// Whether the palette at `at` has the colours 0, 1, 2, ... in grey: such pictures are grey ones to Pillow.
inline bool grey_ramp(std::span<const std::byte> bytes, std::size_t at, std::int64_t colours, std::size_t step) {
  for (std::int64_t i = 0; i < colours; ++i, at += step)
    for (std::size_t c = 0; c < 3; ++c)
      if (byte_at(bytes, at + c) != i) return false;
  return true;
}

struct bmp_header {
  std::int64_t pixels_at, size, width, height, bits, compression, colours;  // colours: 0 stands for all
  bool top_down;
};

inline bmp_header read_bmp_header(std::span<const std::byte> bytes) {
  const auto number = [bytes](std::size_t at, std::size_t count) { return little_endian(bytes, at, count); };
  const std::int64_t size = number(14, 4);
  if (size == 12) return {number(10, 4), size, number(18, 2), number(20, 2), number(24, 2), 0, 0, false};
  const auto height = std::int64_t{static_cast<std::int32_t>(number(22, 4))};  // negative: from top to bottom
  return {number(10, 4), size,          number(18, 4), std::abs(height),
          number(28, 2), number(30, 4), number(46, 4), height < 0};
}

/// Pillow's rule: a BMP with a grey ramp as its palette is a grey picture, any other palette makes it indexed.
inline bool bmp_is_indexed(std::span<const std::byte> bytes) {
  const bmp_header bmp = read_bmp_header(bytes);
  if (bmp.bits > 8) return false;
  const std::int64_t colours = bmp.colours > 0 && bmp.colours <= 256 ? bmp.colours : std::int64_t{1} << bmp.bits;
  return colours == 2 || !grey_ramp(bytes, static_cast<std::size_t>(14 + bmp.size), colours, bmp.size == 12 ? 3 : 4);
}

/// The next marker of a JPEG file at or after `at` (its second byte), or the end.
inline std::size_t next_marker(std::span<const std::byte> bytes, std::size_t at) {
  while (at < bytes.size() && byte_at(bytes, at) != 0xFF) ++at;
  while (at < bytes.size() && byte_at(bytes, at) == 0xFF) ++at;
  return at;
}

/// The data of a PNG file's first chunk of that name; empty if there is none that lies within the file.
inline std::span<const std::byte> png_chunk_data(std::span<const std::byte> bytes, std::string_view name) {
  for (std::size_t at = 8; at + 8 <= bytes.size();) {
    const auto length = static_cast<std::size_t>(big_endian(bytes, at, 4));
    if (length > bytes.size() - at - 8) break;
    if (starts_with(bytes.subspan(at + 4), name)) return bytes.subspan(at + 8, length);
    at += 12 + length;
  }
  return {};
}

struct png_header {
  int depth, colour;  // bits per channel; 0: grey, 2: rgb, 3: palette, 4: grey and alpha, 6: rgb and alpha
};

inline png_header read_png_header(std::span<const std::byte> bytes) { return {byte_at(bytes, 24), byte_at(bytes, 25)}; }

/// The colour that a grey or rgb PNG calls transparent, as RGB, or nothing. As Pillow compares it with eight bits per channel,
/// its own are the lower eight.
inline std::vector<std::uint8_t> png_colour_key(std::span<const std::byte> bytes) {
  const png_header png = read_png_header(bytes);
  const std::span<const std::byte> key = png_chunk_data(bytes, "tRNS");
  const bool grey = png.colour == 0;
  if ((!grey && png.colour != 2) || key.size() < (grey ? std::size_t{2} : 6)) return {};
  if (grey && png.depth == 1) return std::vector<std::uint8_t>(3, big_endian(key, 0, 2) != 0 ? 255 : 0);
  std::vector<std::uint8_t> out;
  for (std::size_t c = 0; c < 3; ++c) out.push_back(static_cast<std::uint8_t>(byte_at(key, grey ? 1 : 2 * c + 1)));
  return out;
}

/// What a GIF says of its first frame.
struct gif_frame {
  std::size_t palette_at = 0, colours = 0;
  std::size_t transparent_at = 0;  // where in the file the colour is that is transparent, or 0
  bool grey = false;               // the palette is a grey ramp
};

inline gif_frame read_gif_frame(std::span<const std::byte> bytes) {
  const auto palette_size = [bytes](std::size_t flags_at) {
    const int flags = byte_at(bytes, flags_at);
    return (flags & 0x80) != 0 ? std::size_t{2} << (flags & 7) : 0;
  };
  std::size_t control = 0;
  std::size_t at = 13 + 3 * palette_size(10);
  while (byte_at(bytes, at) == 0x21) {  // an extension: its label, then parts that begin with their length
    if (byte_at(bytes, at + 1) == 0xF9) control = at;
    for (at += 2; byte_at(bytes, at) != 0;) at += 1 + static_cast<std::size_t>(byte_at(bytes, at));
    ++at;
  }
  if (byte_at(bytes, at) != 0x2C) return {};
  const std::size_t own = palette_size(at + 9);
  const std::size_t palette_at = own > 0 ? at + 10 : 13;
  const std::size_t colours = own > 0 ? own : palette_size(10);
  const auto transparent = static_cast<std::size_t>(byte_at(bytes, control + 6));
  const bool has_transparent = control > 0 && (byte_at(bytes, control + 3) & 1) != 0 && transparent < colours;
  return {palette_at, colours, has_transparent ? palette_at + 3 * transparent : 0,
          grey_ramp(bytes, palette_at, static_cast<std::int64_t>(colours), 3)};
}

}  // namespace clipt::inline CLIPT_BUILD::detail
