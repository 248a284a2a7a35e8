// Decoding by stb_image: PNG, GIF, BMP, TGA and PNM, and JPEG where there is no libjpeg.
#pragma once
#include <stb_image.h>  // stbi_load_from_memory; link with -lstb or define STB_IMAGE_IMPLEMENTATION in one source file
#include <algorithm>    // copy_n, min
#include <cmath>        // nearbyint
#include <memory>       // unique_ptr
#include <span>         // span
#include <string_view>  // string_view

#include <fmt/format.h>  // format

#include <clipt/io/bmp.hpp>            // plain_bmp
#include <clipt/io/file_bytes.hpp>     // byte_at, big_endian
#include <clipt/io/image_formats.hpp>  // mode_of, palette_of
#include <clipt/io/image_guards.hpp>   // check_png, least_size, check_pixels
#include <clipt/io/image_headers.hpp>  // read_png_header, read_gif_frame, read_pnm_header
#include <clipt/io/jpeg_guard.hpp>     // safe_part_of_jpeg
#include <clipt/io/pixels.hpp>         // image

namespace clipt::inline CLIPT_BUILD::detail {

/// stb_image's view of a file in memory.
struct stb_file {
  explicit stb_file(std::span<const std::byte> bytes)
      : data(reinterpret_cast<const stbi_uc*>(bytes.data())), size(static_cast<int>(bytes.size())) {}

  const stbi_uc* data;
  int size;
};

/// Pixels that stb_image allocated.
template <class T>
using stb_pixels = std::unique_ptr<T, decltype(&stbi_image_free)>;

/// Size, by stb_image, and the kind of its channels.
struct stb_header {
  int width = 0, height = 0, channels = 0;
  bool wide = false;  // 16 bits per channel
};

/// Checks size and pixel limit before anything is decoded.
inline stb_header check_image(std::span<const std::byte> bytes, image_format format, std::string_view name,
                              std::int64_t pixel_limit) {
  if (format == image_format::png) check_png(bytes, name);
  const stb_file file(bytes);
  stb_header header;
  if (stbi_info_from_memory(file.data, file.size, &header.width, &header.height, &header.channels) == 0)
    refuse_image(name,
                 "the header cannot be read: damaged, or a variant that stb_image does not know (arithmetic coding "
                 "in JPEG, run lengths in BMP, more than 2^30 bytes of pixels)");
  check_pixels(header.width, std::abs(std::int64_t{header.height}), name, pixel_limit);  // negative: BMP, top to bottom
  header.wide = stbi_is_16_bit_from_memory(file.data, file.size) != 0;
  const std::int64_t needed = least_size(bytes, format, header.width, header.height, header.channels, header.wide);
  if (static_cast<std::int64_t>(bytes.size()) < needed)
    refuse_image(name, fmt::format("cut short: {} x {} pixels need {} bytes, found {}", header.width, header.height,
                                   needed, bytes.size()));
  if (format == image_format::bmp && read_bmp_header(bytes).bits <= 8 && read_bmp_header(bytes).colours > 256)
    refuse_image(name, fmt::format("a palette of {} colours; 256 are possible", read_bmp_header(bytes).colours));
  return header;
}

/// How many channels to ask stb_image for; 0 leaves it to the file.
///
/// A PNG's colour key ("tRNS" of a grey or rgb picture) would come back as alpha; Pillow keeps it aside and resizes
/// without it, so it is dropped here.
inline int channels_wanted(std::span<const std::byte> bytes, image_format format) {
  if (format == image_format::gif) return 4;
  if (format != image_format::png) return 0;
  const png_header png = read_png_header(bytes);
  if (png.colour == 0) return png.depth == 1 ? 3 : 1;
  return png.colour == 2 ? 3 : 0;
}

/// A picture of 8 bits per channel.
inline image decode_bytes(std::span<const std::byte> bytes, image_format format, std::string_view name) {
  const int wanted = channels_wanted(bytes, format);
  const stb_file file(bytes);
  int width = 0;
  int height = 0;
  int channels = 0;
  const stb_pixels<stbi_uc> decoded(stbi_load_from_memory(file.data, file.size, &width, &height, &channels, wanted),
                                    &stbi_image_free);
  if (decoded == nullptr) refuse_image(name, fmt::format("cannot be decoded: {}", stbi_failure_reason()));
  if (wanted != 0) channels = wanted;
  image picture = blank_image(width, height, channels, mode_of(bytes, format, channels));
  std::copy_n(decoded.get(), picture.pixels.size(), picture.pixels.begin());
  if (picture.mode == pixel_mode::palette) picture.palette = palette_of(bytes, format);
  return picture;
}

/// A PNG of 16-bit greys.
inline image decode_grey_16(std::span<const std::byte> bytes, std::string_view name) {
  const stb_file file(bytes);
  int width = 0;
  int height = 0;
  int channels = 0;
  const stb_pixels<stbi_us> decoded(stbi_load_16_from_memory(file.data, file.size, &width, &height, &channels, 1),
                                    &stbi_image_free);
  if (decoded == nullptr) refuse_image(name, fmt::format("cannot be decoded: {}", stbi_failure_reason()));
  image picture = blank_image(width, height, 2, pixel_mode::grey_16);
  for (std::size_t i = 0; i < picture.pixels.size(); ++i)
    picture.pixels[i] = static_cast<std::uint8_t>(decoded.get()[i / 2] >> (i % 2 * 8));
  return picture;
}

/// The first frame of a GIF. Transparent pixels have their palette's colour, where stb_image leaves them black.
inline image decode_gif(std::span<const std::byte> bytes, std::string_view name) {
  image picture = decode_bytes(bytes, image_format::gif, name);
  const gif_frame frame = read_gif_frame(bytes);
  if (frame.transparent_at != 0)
    for (std::size_t i = 0; i < picture.pixels.size(); i += 4)
      for (std::size_t c = 0; picture.pixels[i + 3] == 0 && c < 3; ++c)
        picture.pixels[i + c] = static_cast<std::uint8_t>(byte_at(bytes, frame.transparent_at + c));
  if (!frame.grey) return picture;
  image grey = blank_image(picture.width, picture.height, 1, pixel_mode::grey);
  for (std::size_t i = 0; i < grey.pixels.size(); ++i) grey.pixels[i] = picture.pixels[4 * i];
  return grey;
}

/// A binary PNM; stb_image ignores its maximum and, in version 2.27, leaves 16-bit values in the file's byte order.
inline image decode_pnm(std::span<const std::byte> bytes, const stb_header& header) {
  const pnm_header pnm = read_pnm_header(bytes);
  const bool deep = header.wide && header.channels == 1;
  image picture = blank_image(header.width, header.height, deep ? 2 : header.channels,
                              deep ? pixel_mode::grey_16 : mode_of(bytes, image_format::pnm, header.channels));
  const std::size_t width = header.wide ? 2 : 1;
  const double most = deep ? 65535 : 255;
  std::size_t at = pnm.pixels_at;
  for (std::size_t i = 0; i < picture.pixels.size(); at += width) {
    const double exact = static_cast<double>(big_endian(bytes, at, width)) / static_cast<double>(pnm.maximum) * most;
    const int value = static_cast<int>(std::min(std::nearbyint(exact), most));
    picture.pixels[i++] = static_cast<std::uint8_t>(value & 255);
    if (deep) picture.pixels[i++] = static_cast<std::uint8_t>(value >> 8);
  }
  return picture;
}

inline image decode_by_stb(std::span<const std::byte> bytes, image_format format, std::string_view name,
                           std::int64_t pixel_limit) {
  if (format == image_format::jpeg) bytes = safe_part_of_jpeg(bytes);
  const stb_header header = check_image(bytes, format, name, pixel_limit);
  if (format == image_format::gif) return decode_gif(bytes, name);
  if (format == image_format::pnm) return decode_pnm(bytes, header);
  if (format == image_format::bmp) return decode_bytes(plain_bmp(bytes), format, name);
  const bool deep = format == image_format::png && header.wide && read_png_header(bytes).colour == 0;
  return deep ? decode_grey_16(bytes, name) : decode_bytes(bytes, format, name);
}

}  // namespace clipt::inline CLIPT_BUILD::detail
