// Reading pictures: PNG, JPEG, GIF (first frame), BMP, TGA and PNM through stb_image.
#pragma once
#include <stb_image.h>  // stbi_load_from_memory; link with -lstb or define STB_IMAGE_IMPLEMENTATION in one source file
#include <algorithm>    // equal, copy_n
#include <cctype>       // isspace
#include <cstdlib>      // abs
#include <filesystem>   // path
#include <limits>       // numeric_limits
#include <memory>       // unique_ptr
#include <span>         // span
#include <string>       // string
#include <string_view>  // string_view

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>       // io_error
#include <clipt/io/file.hpp>          // read_file
#include <clipt/io/image_guards.hpp>  // byte_at, safe_part_of_jpeg, png_chunks_fit
#include <clipt/io/pixels.hpp>        // image
#include <clipt/io/png.hpp>           // encode_png: whoever reads pictures usually writes some

namespace clipt {

/// Pictures of more pixels are refused before they are decoded (Pillow's MAX_IMAGE_PIXELS).
inline constexpr std::int64_t default_pixel_limit = 178'956'970;

namespace detail {

inline constexpr std::size_t largest_image_file = std::numeric_limits<int>::max();  // stb_image counts in int

enum class image_format { unknown, png, jpeg, gif, bmp, tga, pnm };

inline std::int64_t little_endian(std::span<const std::byte> bytes, std::size_t at, int count) {
  std::int64_t value = 0;
  for (int i = count - 1; i >= 0; --i) value = value << 8 | byte_at(bytes, at + static_cast<std::size_t>(i));
  return value;
}

inline bool starts_with(std::span<const std::byte> bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && std::equal(magic.begin(), magic.end(), bytes.begin(), [](char a, std::byte b) {
           return static_cast<unsigned char>(a) == std::to_integer<unsigned>(b);
         });
}

/// The format by its first bytes; TGA has no signature, so its header has to be plausible.
inline image_format format_of(std::span<const std::byte> bytes) {
  if (starts_with(bytes, "\x89PNG\r\n\x1a\n")) return image_format::png;
  if (starts_with(bytes, "\xFF\xD8")) return image_format::jpeg;
  if (starts_with(bytes, "GIF8")) return image_format::gif;
  if (starts_with(bytes, "BM")) return image_format::bmp;
  if (starts_with(bytes, "P5") || starts_with(bytes, "P6")) return image_format::pnm;
  const int kind = byte_at(bytes, 2) & ~8;
  const int bits = byte_at(bytes, 16);
  const bool depth = bits == 8 || bits == 15 || bits == 16 || bits == 24 || bits == 32;
  if (bytes.size() > 18 && byte_at(bytes, 1) <= 1 && kind >= 1 && kind <= 3 && byte_at(bytes, 2) < 12 && depth)
    return image_format::tga;
  return image_format::unknown;
}

/// Pillow's rule: a BMP with a grey ramp as its palette is a grey picture, any other palette makes it indexed.
inline bool bmp_is_indexed(std::span<const std::byte> bytes) {
  const std::int64_t header = little_endian(bytes, 14, 4);
  const bool old = header == 12;
  const std::int64_t bits = old ? little_endian(bytes, 24, 2) : little_endian(bytes, 28, 2);
  if (bits > 8) return false;
  const std::int64_t used = old ? 0 : little_endian(bytes, 46, 4);
  const std::int64_t colours = used > 0 && used <= 256 ? used : std::int64_t{1} << bits;
  if (colours == 2) return true;
  for (std::int64_t i = 0; i < colours; ++i)
    for (std::int64_t c = 0; c < 3; ++c)
      if (byte_at(bytes, static_cast<std::size_t>(14 + header + i * (old ? 3 : 4) + c)) != i) return true;
  return false;
}

struct png_header {
  int depth, colour;
};

inline png_header read_png_header(std::span<const std::byte> bytes) { return {byte_at(bytes, 24), byte_at(bytes, 25)}; }

/// How many channels to ask stb_image for; 0 leaves it to the file.
///
/// A PNG's colour key ("tRNS" of a grey or rgb picture) would come back as alpha; Pillow keeps it aside and resizes
/// without it, so it is dropped here.
inline int channels_wanted(std::span<const std::byte> bytes, image_format format) {
  if (format != image_format::png) return 0;
  const png_header png = read_png_header(bytes);
  if (png.colour == 0) return png.depth == 1 ? 3 : 1;
  return png.colour == 2 ? 3 : 0;
}

inline pixel_mode mode_of(std::span<const std::byte> bytes, image_format format, int channels) {
  const png_header png = read_png_header(bytes);
  const bool indexed = (format == image_format::png && (png.colour == 3 || (png.colour == 0 && png.depth == 1))) ||
                       format == image_format::gif || (format == image_format::bmp && bmp_is_indexed(bytes)) ||
                       (format == image_format::tga && byte_at(bytes, 1) == 1);
  if (indexed && channels >= 3) return pixel_mode::palette;
  constexpr pixel_mode modes[] = {pixel_mode::grey, pixel_mode::grey_alpha, pixel_mode::rgb, pixel_mode::rgb_alpha};
  return modes[channels - 1];
}

/// Bytes before the pixels of a binary PNM: magic, width, height and maximum, with comments, and one white space.
inline std::size_t pnm_header_size(std::span<const std::byte> bytes) {
  std::size_t at = 2;
  for (int number = 0; number < 3; ++number) {
    while (at < bytes.size() && (std::isspace(byte_at(bytes, at)) != 0 || byte_at(bytes, at) == '#'))
      if (byte_at(bytes, at++) == '#')
        while (at < bytes.size() && byte_at(bytes, at) != '\n') ++at;
    while (at < bytes.size() && byte_at(bytes, at) >= '0' && byte_at(bytes, at) <= '9') ++at;
  }
  return at + 1;
}

/// Bytes that an uncompressed file must have; stb_image would hand out uninitialised memory for what is missing.
inline std::size_t least_size(std::span<const std::byte> bytes, image_format format, int width, int height,
                              int channels) {
  const std::size_t pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  if (format == image_format::pnm) {
    const std::size_t wide =
        stbi_is_16_bit_from_memory(reinterpret_cast<const stbi_uc*>(bytes.data()), static_cast<int>(bytes.size())) != 0
            ? 2
            : 1;
    return pnm_header_size(bytes) + pixels * static_cast<std::size_t>(channels) * wide;
  }
  if (format == image_format::tga && byte_at(bytes, 2) < 8)
    return 18 + pixels * static_cast<std::size_t>((byte_at(bytes, 16) + 7) / 8);
  return 0;
}

[[noreturn]] inline void refuse_image(std::string_view name, std::string_view reason) {
  throw io_error(fmt::format("clipt::read_image: {}: {}", name, reason));
}

inline void check_pixels(std::int64_t width, std::int64_t height, std::string_view name, std::int64_t pixel_limit) {
  if (width <= 0 || height <= 0) refuse_image(name, fmt::format("{} x {} pixels is no picture", width, height));
  if (width > pixel_limit / height)
    refuse_image(name, fmt::format("{} x {} pixels are more than the limit of {}", width, height, pixel_limit));
}

/// The format, from the first bytes.
inline image_format check_format(std::span<const std::byte> bytes, std::string_view name) {
  if (bytes.empty()) refuse_image(name, "the file is empty");
  if (bytes.size() > largest_image_file)
    refuse_image(name, fmt::format("{} bytes are too many, the limit is 2 GiB", bytes.size()));
  const image_format format = format_of(bytes);
  if (format == image_format::unknown)
    refuse_image(
        name, fmt::format("not a PNG, JPEG, GIF, BMP, TGA, PGM or PPM file; it begins with {:02x} {:02x} {:02x} {:02x}",
                          byte_at(bytes, 0), byte_at(bytes, 1), byte_at(bytes, 2), byte_at(bytes, 3)));
  return format;
}

/// Checks size and pixel limit before anything is decoded.
inline void check_image(std::span<const std::byte> bytes, image_format format, std::string_view name,
                        std::int64_t pixel_limit) {
  if (format == image_format::png && !png_chunks_fit(bytes))
    refuse_image(name, fmt::format("cut short: a chunk reaches beyond the end at {} bytes", bytes.size()));
  int width = 0;
  int height = 0;
  int channels = 0;
  if (stbi_info_from_memory(reinterpret_cast<const stbi_uc*>(bytes.data()), static_cast<int>(bytes.size()), &width,
                            &height, &channels) == 0)
    refuse_image(name,
                 "the header cannot be read: damaged, or a variant that stb_image does not know (arithmetic coding "
                 "in JPEG, run lengths in BMP, more than 2^30 bytes of pixels)");
  check_pixels(width, std::abs(std::int64_t{height}), name, pixel_limit);  // negative: a BMP from top to bottom
  const std::size_t needed = least_size(bytes, format, width, height, channels);
  if (bytes.size() < needed)
    refuse_image(name,
                 fmt::format("cut short: {} x {} pixels need {} bytes, found {}", width, height, needed, bytes.size()));
}

}  // namespace detail

/// Decodes a picture that lies in memory; `name` is what errors call it.
///
/// Modes are Pillow's (see pixel_mode); 16-bit channels are cut to their upper byte; EXIF orientation is not applied; a
/// GIF gives its first frame. JPEG pixels differ by a few units from libjpeg-turbo's (another inverse cosine
/// transform). Errors: io_error with `name` and the reason, for anything that is not a whole picture of at most
/// `pixel_limit` pixels. Pillow equivalent: Image.open(...).load().
inline image decode_image(std::span<const std::byte> bytes, std::string_view name,
                          std::int64_t pixel_limit = default_pixel_limit) {
  const detail::image_format format = detail::check_format(bytes, name);
  if (format == detail::image_format::jpeg) bytes = detail::safe_part_of_jpeg(bytes);
  detail::check_image(bytes, format, name, pixel_limit);
  const int wanted = detail::channels_wanted(bytes, format);
  int width = 0;
  int height = 0;
  int channels = 0;
  const std::unique_ptr<stbi_uc, decltype(&stbi_image_free)> decoded(
      stbi_load_from_memory(reinterpret_cast<const stbi_uc*>(bytes.data()), static_cast<int>(bytes.size()), &width,
                            &height, &channels, wanted),
      &stbi_image_free);
  if (decoded == nullptr) detail::refuse_image(name, fmt::format("cannot be decoded: {}", stbi_failure_reason()));
  if (wanted != 0) channels = wanted;
  image picture = blank_image(width, height, channels, detail::mode_of(bytes, format, channels));
  std::copy_n(decoded.get(), picture.pixels.size(), picture.pixels.begin());
  return picture;
}

/// Reads a picture from a file; errors and conversions as decode_image.
///
/// Pillow equivalent: Image.open(path).load().
inline image read_image(const std::filesystem::path& path, std::int64_t pixel_limit = default_pixel_limit) {
  std::error_code failure;
  const std::uintmax_t size = std::filesystem::file_size(path, failure);
  if (!failure && size > detail::largest_image_file)
    detail::refuse_image(path.string(), fmt::format("{} bytes are too many, the limit is 2 GiB", size));
  const std::string bytes = read_file(path);
  return decode_image(std::as_bytes(std::span(bytes)), path.string(), pixel_limit);
}

}  // namespace clipt
