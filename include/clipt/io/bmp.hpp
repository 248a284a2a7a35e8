// BMP files laid out so that stb_image (2.27, Debian 12) reads them without fault.
#pragma once
#include <algorithm>  // min, copy_n
#include <cstddef>    // byte, size_t
#include <span>       // span
#include <vector>     // vector

#include <clipt/io/image_headers.hpp>  // read_bmp_header

namespace clipt::inline CLIPT_BUILD::detail {

inline void put_little_endian(std::vector<std::byte>& out, std::size_t at, std::size_t value, int count) {
  for (int i = 0; i < count; ++i, value >>= 8) out[at++] = static_cast<std::byte>(value & 255);
}

/// With a header of 40 bytes and a palette of as many colours as pixels can name; `palette_at` is where the file's own palette begins.
inline std::vector<std::byte> with_whole_palette(std::span<const std::byte> bytes, const bmp_header& bmp,
                                                 std::size_t palette_at, std::size_t pixels_at) {
  const std::size_t step = bmp.size == 12 ? 3 : 4;
  const std::size_t colours = std::size_t{1} << bmp.bits;
  std::vector<std::byte> out(54 + 4 * colours);
  std::copy_n(bytes.begin(), 14, out.begin());
  put_little_endian(out, 10, out.size(), 4);
  put_little_endian(out, 14, 40, 4);
  put_little_endian(out, 18, static_cast<std::size_t>(bmp.width), 4);
  put_little_endian(out, 22, static_cast<std::size_t>(bmp.top_down ? -bmp.height : bmp.height), 4);
  std::copy_n(bytes.begin() + (bmp.size == 12 ? 22 : 26), 4, out.begin() + 26);  // planes and bits
  for (std::size_t i = 0; i < std::min(colours, (pixels_at - palette_at) / step); ++i)
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(palette_at + i * step), 3,
                out.begin() + static_cast<std::ptrdiff_t>(54 + 4 * i));
  out.insert(out.end(), bytes.begin() + static_cast<std::ptrdiff_t>(pixels_at), bytes.end());
  return out;
}

/// The same picture with its pixels directly behind header and palette, and with a palette of as many colours as
/// pixels can name.
///
/// stb_image refuses other gaps than it expects, takes the last colours of an OS/2 palette and those beyond the end of
/// any palette from uninitialised memory. Run lengths, which it does not know, are left as they are.
inline std::vector<std::byte> plain_bmp(std::span<const std::byte> bytes) {
  const bmp_header bmp = read_bmp_header(bytes);
  const auto pixels_at = std::min(static_cast<std::size_t>(bmp.pixels_at), bytes.size());
  const std::size_t header =
      14 + static_cast<std::size_t>(bmp.size) + (bmp.size == 40 && bmp.compression == 3 ? 12 : 0);
  std::vector<std::byte> out(bytes.begin(), bytes.end());
  if (bmp.compression == 1 || bmp.compression == 2 || pixels_at < header) return out;
  if (bmp.bits <= 8) return with_whole_palette(bytes, bmp, header, pixels_at);
  out.erase(out.begin() + static_cast<std::ptrdiff_t>(header), out.begin() + static_cast<std::ptrdiff_t>(pixels_at));
  put_little_endian(out, 10, header, 4);
  return out;
}

}  // namespace clipt::inline CLIPT_BUILD::detail
