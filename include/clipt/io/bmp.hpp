// BMP files laid out so that stb_image (2.27, Debian 12) reads them as Pillow does.
#pragma once
#include <algorithm>    // min, max, copy_n, find
#include <array>        // array
#include <bit>          // countr_zero
#include <cstddef>      // byte, size_t
#include <cstdint>      // int64_t
#include <span>         // span
#include <string_view>  // string_view
#include <vector>       // vector

#include <fmt/format.h>  // format

#include <clipt/io/file_bytes.hpp>     // byte_at, little_endian, part_of
#include <clipt/io/image_guards.hpp>   // refuse_image, check_pixels
#include <clipt/io/image_headers.hpp>  // read_bmp_header

namespace clipt::inline CLIPT_BUILD::detail {

using bmp_masks = std::array<std::uint32_t, 4>;  // which bits of a pixel are red, green, blue and alpha

/// Where the parts of a BMP lie, and which bits of a pixel of 16 to 32 bits are which channel.
struct bmp_layout {
  bmp_header header;
  std::size_t palette_at, palette_step, colours, pixels_at, stride;
  bmp_masks masks;
  bool runs() const { return header.compression == 1 || header.compression == 2; }
};

/// Bits by Pillow's list of what it reads; without bit fields 5 bits for each channel, or bytes.
inline bmp_masks read_bmp_masks(std::span<const std::byte> bytes, const bmp_header& bmp, std::string_view name) {
  const bmp_masks bytes_each{0xFF0000, 0xFF00, 0xFF, 0}, five_bits{0x7C00, 0x3E0, 0x1F, 0};
  if (bmp.compression != 3) return bmp.bits == 16 ? five_bits : bytes_each;
  bmp_masks masks;
  for (std::size_t i = 0; i < 4; ++i) masks[i] = static_cast<std::uint32_t>(little_endian(bytes, 54 + 4 * i, 4));
  if (bmp.size < 56 || bmp.bits < 32) masks[3] = 0;
  if (bmp.bits == 32 && masks == bmp_masks{}) return {0xFF0000, 0xFF00, 0xFF, 0xFF000000};
  const std::array<bmp_masks, 7> of_32{{bytes_each,
                                        {0xFF000000, 0xFF0000, 0xFF00, 0},
                                        {0xFF000000, 0xFF00, 0xFF, 0},
                                        {0xFF000000, 0xFF0000, 0xFF00, 0xFF},
                                        {0xFF, 0xFF00, 0xFF0000, 0xFF000000},
                                        {0xFF0000, 0xFF00, 0xFF, 0xFF000000},
                                        {0xFF000000, 0xFF00, 0xFF, 0xFF0000}}};
  const bool known = (bmp.bits == 32 && std::find(of_32.begin(), of_32.end(), masks) != of_32.end()) ||
                     (bmp.bits == 24 && masks == bytes_each) ||
                     (bmp.bits == 16 && (masks == five_bits || masks == bmp_masks{0xF800, 0x7E0, 0x1F, 0}));
  if (!known)
    refuse_image(name, fmt::format("a BMP of {} bits with the bit fields {:x}, {:x}, {:x} and {:x}, which is not read",
                                   bmp.bits, masks[0], masks[1], masks[2], masks[3]));
  return masks;
}

/// Refuses headers that Pillow refuses, too.
inline void check_bmp_header(const bmp_header& bmp, std::string_view name) {
  constexpr std::array sizes{12, 40, 52, 56, 64, 108, 124};
  constexpr std::array depths{1, 4, 8, 16, 24, 32};
  if (std::find(sizes.begin(), sizes.end(), bmp.size) == sizes.end())
    refuse_image(name, fmt::format("the header cannot be read: a BMP header of {} bytes", bmp.size));
  if (std::find(depths.begin(), depths.end(), bmp.bits) == depths.end())
    refuse_image(name, fmt::format("a BMP of {} bits per pixel; 1, 4, 8, 16, 24 and 32 are read", bmp.bits));
  const bool runs = bmp.compression == 1 || bmp.compression == 2;
  if (bmp.compression > 3 || (bmp.compression > 0 && runs != (bmp.bits <= 8)))
    refuse_image(name,
                 fmt::format("a BMP of {} bits with compression {}, which is not read", bmp.bits, bmp.compression));
}

inline bmp_layout read_bmp_layout(std::span<const std::byte> bytes, std::string_view name, std::int64_t pixel_limit) {
  const bmp_header bmp = read_bmp_header(bytes);
  check_bmp_header(bmp, name);
  check_pixels(bmp.width, bmp.height, name, pixel_limit);
  const auto header = static_cast<std::size_t>(14 + bmp.size);
  const bool masks_behind = bmp.compression == 3 && bmp.size == 40;
  bmp_layout out{bmp,
                 header,
                 bmp.size == 12 ? std::size_t{3} : 4,
                 0,
                 static_cast<std::size_t>(bmp.pixels_at),
                 0,
                 read_bmp_masks(bytes, bmp, name)};
  if (bmp.bits <= 8)
    out.colours = static_cast<std::size_t>(bmp.colours > 0 ? bmp.colours : std::int64_t{1} << bmp.bits);
  if (std::min(out.colours, (bytes.size() - std::min(bytes.size(), header)) / out.palette_step) > 256 ||
      out.colours > 65536)
    refuse_image(name, fmt::format("a palette of {} colours; 256 are possible", out.colours));
  const std::size_t behind = header + (masks_behind ? 12 : 0) + out.colours * out.palette_step;
  if (out.pixels_at == 0 || (out.pixels_at == header && bmp.bits <= 8)) out.pixels_at = behind;
  out.stride = static_cast<std::size_t>((bmp.width * bmp.bits + 31) / 32 * 4);
  const auto least = static_cast<std::int64_t>(out.pixels_at) +
                     static_cast<std::int64_t>(out.stride) * (bmp.height - 1) + (bmp.width * bmp.bits + 7) / 8;
  if (!out.runs() && static_cast<std::int64_t>(bytes.size()) < least)
    refuse_image(name, fmt::format("cut short: {} x {} pixels need {} bytes, found {}", bmp.width, bmp.height, least,
                                   bytes.size()));
  return out;
}

/// Pixels packed into runs (two in a byte, if `halves`) written out, one in a byte, as Pillow does it: what a row has too much
/// is dropped, what is skipped is 0, and too few for the picture are none.
class bmp_runs {
 public:
  bmp_runs(std::span<const std::byte> bytes, std::size_t at, std::size_t width, std::size_t height, bool halves)
      : bytes_(bytes), at_(at), width_(width), whole_(width * height), halves_(halves) {}

  std::vector<std::byte> write_out() {
    while (out_.size() < whole_ && at_ + 2 <= bytes_.size()) {
      const auto count = static_cast<std::size_t>(byte_at(bytes_, at_)),
                 what = static_cast<std::size_t>(byte_at(bytes_, at_ + 1));
      at_ += 2;
      if (count == 0 && what == 1) break;
      if (count > 0)
        repeat(count, what);
      else if (what == 0)
        end_row();
      else if (what == 2)
        skip();
      else if (!copy(what))
        break;
    }
    return std::move(out_);
  }

 private:
  void repeat(std::size_t count, std::size_t what) {
    if (x_ + count > width_) count = width_ - std::min(x_, width_);
    for (std::size_t i = 0; i < count; ++i) put(halves_ ? (i % 2 == 0 ? what >> 4 : what & 15) : what);
    x_ += count;
  }

  void end_row() {
    while (out_.size() % width_ != 0) put(0);
    x_ = 0;
  }

  void skip() {
    const auto right = static_cast<std::size_t>(byte_at(bytes_, at_)),
               up = static_cast<std::size_t>(byte_at(bytes_, at_ + 1));
    at_ += 2;
    if (at_ > bytes_.size()) return;
    out_.resize(out_.size() + std::min(whole_ - out_.size(), right + up * width_));
    x_ = out_.size() % width_;
  }

  bool copy(std::size_t count) {
    const std::size_t wanted = std::min(whole_ - out_.size(), count);
    const std::size_t size = halves_ ? (wanted + 1) / 2 : wanted;
    const auto part = part_of(bytes_, at_, size);
    for (std::size_t i = 0; i < (halves_ ? 2 : 1) * part.size() && i < wanted; ++i) {
      const auto value = std::to_integer<std::size_t>(part[halves_ ? i / 2 : i]);
      put(halves_ ? (i % 2 == 0 ? value >> 4 : value & 15) : value);
    }
    x_ += count;
    at_ += size + (at_ + size) % 2;
    return part.size() == size && out_.size() < whole_;
  }

  void put(std::size_t value) { out_.push_back(static_cast<std::byte>(value)); }

  std::span<const std::byte> bytes_;
  std::size_t at_, width_, whole_, x_ = 0;
  bool halves_;
  std::vector<std::byte> out_;
};

inline void put_little_endian(std::vector<std::byte>& out, std::size_t at, std::size_t value, int count) {
  for (int i = 0; i < count; ++i, value >>= 8) out[at++] = static_cast<std::byte>(value & 255);
}

/// A BMP with a header of 40 bytes, `colours` black colours and no pixels.
inline std::vector<std::byte> plain_bmp_header(const bmp_header& bmp, std::size_t bits, std::size_t colours) {
  std::vector<std::byte> out(54 + 4 * colours);
  put_little_endian(out, 0, 0x4D42, 2);
  put_little_endian(out, 10, out.size(), 4);
  put_little_endian(out, 14, 40, 4);
  put_little_endian(out, 18, static_cast<std::size_t>(bmp.width), 4);
  put_little_endian(out, 22, static_cast<std::size_t>(bmp.top_down ? -bmp.height : bmp.height), 4);
  put_little_endian(out, 26, 1, 2);
  put_little_endian(out, 28, bits, 2);
  return out;
}

/// Numbers of colours, with a palette of as many colours as pixels can name.
inline std::vector<std::byte> plain_indexed_bmp(std::span<const std::byte> bytes, const bmp_layout& from,
                                                std::string_view name) {
  const auto width = static_cast<std::size_t>(from.header.width), height = static_cast<std::size_t>(from.header.height);
  const std::size_t bits = from.runs() ? 8 : static_cast<std::size_t>(from.header.bits);
  std::vector<std::byte> out = plain_bmp_header(from.header, bits, std::size_t{1} << bits);
  for (std::size_t i = 0; i < std::min(from.colours, std::size_t{1} << bits); ++i) {
    const auto colour = part_of(bytes, from.palette_at + i * from.palette_step, 3);
    std::copy(colour.begin(), colour.end(), out.begin() + static_cast<std::ptrdiff_t>(54 + 4 * i));
  }
  const std::size_t pixels_at = out.size(), stride = (width * bits + 31) / 32 * 4;
  if (!from.runs()) {
    const auto pixels = part_of(bytes, from.pixels_at, stride * height);
    out.insert(out.end(), pixels.begin(), pixels.end());
    out.resize(pixels_at + stride * height);
    return out;
  }
  const std::vector<std::byte> pixels =
      bmp_runs(bytes, from.pixels_at, width, height, from.header.compression == 2).write_out();
  if (pixels.size() < width * height)
    refuse_image(name, fmt::format("cut short: the runs of {} x {} pixels end after {}", width, height, pixels.size()));
  out.resize(pixels_at + stride * height);
  for (std::size_t y = 0; y < height; ++y)
    std::copy_n(pixels.data() + y * width, width, out.data() + pixels_at + y * stride);
  return out;
}

/// Colours, with a byte for each channel.
inline std::vector<std::byte> plain_coloured_bmp(std::span<const std::byte> bytes, const bmp_layout& from) {
  const bool alpha = from.masks[3] != 0;
  const std::size_t channels = alpha ? 4 : 3, step = static_cast<std::size_t>(from.header.bits) / 8;
  const auto width = static_cast<std::size_t>(from.header.width), height = static_cast<std::size_t>(from.header.height);
  std::vector<std::byte> out = plain_bmp_header(from.header, channels * 8, 0);
  const std::size_t pixels_at = out.size(), stride = (width * channels + 3) / 4 * 4;
  out.resize(pixels_at + stride * height);
  constexpr std::array<std::size_t, 4> places{2, 1, 0, 3};  // of red, green, blue and alpha
  for (std::size_t y = 0; y < height; ++y)
    for (std::size_t x = 0; x < width; ++x) {
      const auto pixel =
          static_cast<std::uint32_t>(little_endian(bytes, from.pixels_at + y * from.stride + x * step, step));
      for (std::size_t c = 0; c < channels; ++c) {
        const int shift = std::countr_zero(from.masks[c]);
        const std::uint32_t value = (pixel & from.masks[c]) >> shift, most = from.masks[c] >> shift;
        out[pixels_at + y * stride + x * channels + places[c]] = static_cast<std::byte>(value * 255 / most);
      }
    }
  return out;
}

/// The same picture without runs, gaps and bit fields: numbers with a whole palette, or bytes of blue, green, red (and alpha).
///
/// stb_image knows no runs, refuses other gaps than it expects, takes the last colours of an OS/2 palette and those beyond
/// the end of any palette from uninitialised memory, sees alpha where there is none, and repeats the bits of narrow channels.
inline std::vector<std::byte> plain_bmp(std::span<const std::byte> bytes, std::string_view name,
                                        std::int64_t pixel_limit) {
  const bmp_layout from = read_bmp_layout(bytes, name, pixel_limit);
  return from.header.bits <= 8 ? plain_indexed_bmp(bytes, from, name) : plain_coloured_bmp(bytes, from);
}

}  // namespace clipt::inline CLIPT_BUILD::detail
