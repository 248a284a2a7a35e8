// Writing PNG, for reports and tests.
#pragma once
#include <zlib.h>   // compress2, crc32
#include <cstdlib>  // abs
#include <string>   // string

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>  // io_error, shape_error
#include <clipt/io/pixels.hpp>   // image

namespace clipt::inline CLIPT_BUILD {

namespace detail {

inline void png_number(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>((value >> shift) & 0xFF));
}

inline void png_chunk(std::string& out, const std::string& name, const std::string& data) {
  const std::string checked = name + data;
  png_number(out, static_cast<std::uint32_t>(data.size()));
  out += checked;
  png_number(out, static_cast<std::uint32_t>(
                      crc32(0, reinterpret_cast<const Bytef*>(checked.data()), static_cast<uInt>(checked.size()))));
}

/// The Paeth predictor of the PNG specification, section 9.4.
inline int paeth(int left, int above, int corner) {
  const int estimate = left + above - corner;
  const int to_left = std::abs(estimate - left);
  const int to_above = std::abs(estimate - above);
  const int to_corner = std::abs(estimate - corner);
  if (to_left <= to_above && to_left <= to_corner) return left;
  return to_above <= to_corner ? above : corner;
}

/// The rows as PNG wants them: a filter's number (0 none, 4 Paeth) and then the filtered bytes.
inline std::string png_rows(const image& picture, bool filtered) {
  std::string out;
  const int stride = static_cast<int>(picture.stride());
  out.reserve(static_cast<std::size_t>(picture.height) * (picture.stride() + 1));
  for (int y = 0; y < picture.height; ++y) {
    const std::uint8_t* row = picture.row(y);
    const std::uint8_t* above = y > 0 ? picture.row(y - 1) : nullptr;
    out.push_back(filtered ? 4 : 0);
    for (int i = 0; i < stride; ++i) {
      const bool first = i < picture.channels;
      const int guess = paeth(first ? 0 : row[i - picture.channels], above ? above[i] : 0,
                              above && !first ? above[i - picture.channels] : 0);
      out.push_back(static_cast<char>(filtered ? row[i] - guess : row[i]));
    }
  }
  return out;
}

/// Compressed by zlib, the harder the higher the level, 1 to 9.
inline std::string deflate(const std::string& data, int level = 9) {
  uLongf size = compressBound(static_cast<uLong>(data.size()));
  std::string out(size, '\0');
  const int status = compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(data.data()),
                               static_cast<uLong>(data.size()), level);
  if (status != Z_OK)
    throw io_error(fmt::format("clipt::encode_png: zlib refused {} bytes: code {}", data.size(), status));
  out.resize(size);
  return out;
}

}  // namespace detail

/// The bytes of a PNG file that holds the picture, 8 bits per channel.
///
/// Errors: shape_error for modes grey_16 and cmyk, a picture without pixels or one whose `pixels` do not fit its size.
inline std::string encode_png(const image& picture) {
  const bool holds = picture.mode != pixel_mode::grey_16 && picture.mode != pixel_mode::cmyk;
  if (!holds) throw shape_error("clipt::encode_png: 16-bit greys and cmyk are not written; convert by to_rgb first");
  if (picture.width <= 0 || picture.height <= 0 || picture.channels < 1 || picture.channels > 4 ||
      picture.pixels.size() != picture.stride() * static_cast<std::size_t>(picture.height))
    throw shape_error(fmt::format("clipt::encode_png: {} x {} pixels of {} channels in {} bytes is not a picture",
                                  picture.width, picture.height, picture.channels, picture.pixels.size()));
  std::string out = "\x89PNG\r\n\x1a\n";
  std::string header;
  detail::png_number(header, static_cast<std::uint32_t>(picture.width));
  detail::png_number(header, static_cast<std::uint32_t>(picture.height));
  constexpr char colour_types[] = {0, 4, 2, 6};  // by channels: grey, grey and alpha, rgb, rgb and alpha
  header += {8, colour_types[picture.channels - 1], 0, 0, 0};
  detail::png_chunk(out, "IHDR", header);
  // Flat drawings compress better unfiltered, photographs filtered; trying both costs little at report sizes.
  const std::string plain = detail::deflate(detail::png_rows(picture, false));
  const std::string filtered = detail::deflate(detail::png_rows(picture, true));
  detail::png_chunk(out, "IDAT", plain.size() < filtered.size() ? plain : filtered);
  detail::png_chunk(out, "IEND", "");
  return out;
}

}  // namespace clipt::inline CLIPT_BUILD
