// Decoding by stb_image: PNG, BMP and TGA, and JPEG and GIF where there is no libjpeg-turbo or giflib.
#pragma once
#include <stb_image.h>  // stbi_load_from_memory; link with -lstb or define STB_IMAGE_IMPLEMENTATION in one source file
#include <algorithm>    // copy_n
#include <cstdlib>      // abs
#include <memory>       // unique_ptr
#include <span>         // span
#include <string_view>  // string_view

#include <fmt/format.h>  // format

#include <clipt/io/bmp.hpp>            // plain_bmp
#include <clipt/io/file_bytes.hpp>     // byte_at
#include <clipt/io/image_formats.hpp>  // is_indexed, palette_of
#include <clipt/io/image_guards.hpp>   // check_png, check_pixels
#include <clipt/io/image_headers.hpp>  // read_png_header, read_gif_frame, png_colour_key
#include <clipt/io/jpeg_guard.hpp>     // safe_part_of_jpeg
#include <clipt/io/pixels.hpp>         // image
#include <clipt/io/plain_png.hpp>      // plain_png
#include <clipt/io/tga.hpp>            // plain_tga

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

/// Checks size and pixel limit before anything is decoded; says whether the channels have 16 bits.
inline bool check_image(std::span<const std::byte> bytes, std::string_view name, std::int64_t pixel_limit) {
  const stb_file file(bytes);
  int width = 0, height = 0, channels = 0;
  if (stbi_info_from_memory(file.data, file.size, &width, &height, &channels) == 0)
    refuse_image(name,
                 "the header cannot be read: damaged, or a variant that stb_image does not know (arithmetic coding "
                 "in JPEG, more than 2^30 bytes of pixels)");
  check_pixels(width, std::abs(std::int64_t{height}), name, pixel_limit);  // negative: BMP, top to bottom
  return stbi_is_16_bit_from_memory(file.data, file.size) != 0;
}

/// A picture of `wanted` channels, or of as many as the file has if that is 0, of T each: stbi_uc or stbi_us; without pixels
/// if it cannot be decoded.
template <class T>
image decode_channels(std::span<const std::byte> bytes, int wanted) {
  constexpr bool wide = sizeof(T) == 2;
  const stb_file file(bytes);
  int width = 0, height = 0, channels = 0;
  T* pixels = nullptr;
  if constexpr (wide)
    pixels = stbi_load_16_from_memory(file.data, file.size, &width, &height, &channels, wanted);
  else
    pixels = stbi_load_from_memory(file.data, file.size, &width, &height, &channels, wanted);
  const stb_pixels<T> decoded(pixels, &stbi_image_free);
  if (decoded == nullptr) return {};
  if (wanted != 0) channels = wanted;
  constexpr pixel_mode modes[] = {pixel_mode::grey, pixel_mode::grey_alpha, pixel_mode::rgb, pixel_mode::rgb_alpha};
  image picture = blank_image(width, height, channels * static_cast<int>(sizeof(T)),
                              wide ? pixel_mode::grey_16 : modes[channels - 1]);
  if constexpr (wide)
    for (std::size_t i = 0; i < picture.pixels.size(); ++i)
      picture.pixels[i] = static_cast<std::uint8_t>(decoded.get()[i / 2] >> (i % 2 * 8));
  else
    std::copy_n(decoded.get(), picture.pixels.size(), picture.pixels.begin());
  return picture;
}

/// A picture of 8 bits per channel.
inline image decode_bytes(std::span<const std::byte> bytes, std::string_view name, int wanted = 0) {
  image picture = decode_channels<stbi_uc>(bytes, wanted);
  if (picture.pixels.empty()) refuse_image(name, fmt::format("cannot be decoded: {}", stbi_failure_reason()));
  return picture;
}

/// How many channels of a PNG to ask stb_image for; 0 leaves it to the file.
///
/// A PNG's colour key ("tRNS" of a grey or rgb picture) would come back as alpha; Pillow keeps it aside and resizes
/// without it, and so does `colour_key`.
inline int png_channels_wanted(const png_header& png) {
  if (png.colour == 0) return png.depth == 1 ? 3 : 1;
  return png.colour == 2 ? 3 : 0;
}

inline image decode_png(std::span<const std::byte> bytes, std::string_view name, std::int64_t pixel_limit) {
  const bool whole = check_png(bytes, name);
  const bool wide = check_image(bytes, name, pixel_limit);
  const png_header png = read_png_header(bytes);
  const auto decode = [&](std::span<const std::byte> from) {
    if (wide && png.colour == 0) return decode_channels<stbi_us>(from, 1);
    return decode_channels<stbi_uc>(from, png_channels_wanted(png));
  };
  const std::string own = png.colour == 3 ? with_whole_palette(bytes) : std::string();
  const std::span<const std::byte> from = png.colour == 3 ? std::as_bytes(std::span(own)) : bytes;
  image picture = whole ? decode(from) : image{};
  if (picture.pixels.empty()) {
    const std::string plain = plain_png(from, name);
    picture = decode(std::as_bytes(std::span(plain)));
  }
  if (picture.pixels.empty()) refuse_image(name, fmt::format("cannot be decoded: {}", stbi_failure_reason()));
  if (is_indexed(bytes, image_format::png)) {
    picture.mode = pixel_mode::palette;
    picture.palette = palette_of(bytes, image_format::png);
  }
  picture.colour_key = png_colour_key(bytes);
  return picture;
}

/// A BMP or TGA: `plain` is what plain_bmp or plain_tga has made of `bytes`.
inline image decode_plain(std::span<const std::byte> bytes, std::span<const std::byte> plain, image_format format,
                          std::string_view name) {
  image picture = decode_bytes(plain, name);
  if (!is_indexed(bytes, format)) return picture;
  picture.mode = pixel_mode::palette;
  picture.palette = palette_of(plain, format);
  return picture;
}

/// A BMP. Where all is transparent, stb_image makes all opaque.
inline image decode_bmp(std::span<const std::byte> bytes, std::string_view name, std::int64_t pixel_limit) {
  const std::vector<std::byte> plain = plain_bmp(bytes, name, pixel_limit);
  image picture = decode_plain(bytes, plain, image_format::bmp, name);
  constexpr std::size_t first_alpha = 54 + 3;
  if (picture.channels != 4 || plain[first_alpha] != std::byte{0}) return picture;
  if (picture.row(read_bmp_header(plain).top_down ? 0 : picture.height - 1)[3] == 255)
    for (std::size_t i = 3; i < picture.pixels.size(); i += 4) picture.pixels[i] = 0;
  return picture;
}

inline image decode_tga(std::span<const std::byte> bytes, std::string_view name, std::int64_t pixel_limit) {
  image picture = decode_plain(bytes, plain_tga(bytes, name, pixel_limit), image_format::tga, name);
  turn_tga_rows(bytes, picture);
  return picture;
}

/// The first frame of a GIF, where there is no giflib: stb_image reads damaged and truncated files, too, and refuses some that
/// Pillow reads. Where it leaves pixels transparent they have the colour that the file calls so, or the palette's first.
inline image decode_gif(std::span<const std::byte> bytes, std::string_view name, std::int64_t pixel_limit) {
  check_image(bytes, name, pixel_limit);
  image picture = decode_bytes(bytes, name, 4);
  picture.mode = pixel_mode::palette;
  picture.palette = palette_of(bytes, image_format::gif);
  const gif_frame frame = read_gif_frame(bytes);
  const std::size_t colour_at = frame.transparent_at != 0 ? frame.transparent_at : frame.palette_at;
  for (std::size_t i = 0; i < picture.pixels.size(); i += 4)
    if (picture.pixels[i + 3] == 0) {
      for (std::size_t c = 0; c < 3; ++c)
        picture.pixels[i + c] = static_cast<std::uint8_t>(byte_at(bytes, colour_at + c));
      if (frame.transparent_at == 0) picture.pixels[i + 3] = 255;
    }
  if (!frame.grey) return picture;
  image grey = blank_image(picture.width, picture.height, 1, pixel_mode::grey);
  for (std::size_t i = 0; i < grey.pixels.size(); ++i) grey.pixels[i] = picture.pixels[4 * i];
  return grey;
}

/// A JPEG, where there is no libjpeg-turbo.
inline image decode_jpeg(std::span<const std::byte> bytes, std::string_view name, std::int64_t pixel_limit) {
  bytes = safe_part_of_jpeg(bytes, name);
  check_image(bytes, name, pixel_limit);
  return decode_bytes(bytes, name);
}

}  // namespace clipt::inline CLIPT_BUILD::detail
