// Reading pictures: each format by the library that agrees with Pillow, as far as CMake has found it, or by stb_image.
#pragma once
#include <cstdint>      // int64_t, uintmax_t
#include <filesystem>   // path
#include <limits>       // numeric_limits
#include <span>         // span
#include <string>       // string
#include <string_view>  // string_view
#include <type_traits>  // is_same_v

#include <fmt/format.h>  // format

#include <clipt/io/exif.hpp>           // orientation_of
#include <clipt/io/file.hpp>           // read_file
#include <clipt/io/image_formats.hpp>  // format_of
#include <clipt/io/image_guards.hpp>   // refuse_image, check_pixels
#include <clipt/io/oriented.hpp>       // oriented
#include <clipt/io/pixels.hpp>         // image
#include <clipt/io/png.hpp>            // encode_png: whoever reads pictures usually writes some
#include <clipt/io/pnm.hpp>            // pnm_reader
#include <clipt/io/stb_decoding.hpp>   // decode_png, decode_bmp, decode_tga
#ifdef CLIPT_LIBJPEG
#include <clipt/io/jpeg.hpp>  // jpeg_reader
#endif
#ifdef CLIPT_GIFLIB
#include <clipt/io/gif.hpp>  // gif_reader
#endif
#ifdef CLIPT_LIBWEBP
#include <clipt/io/webp.hpp>  // decode_webp
#endif
#ifdef CLIPT_LIBTIFF
#include <clipt/io/tiff.hpp>  // tiff_reader
#endif
#ifdef CLIPT_LIBAVIF
#include <clipt/io/avif.hpp>  // avif_reader
#endif

namespace clipt::inline CLIPT_BUILD {

/// Pictures of more pixels are refused before they are decoded (Pillow's MAX_IMAGE_PIXELS).
inline constexpr std::int64_t default_pixel_limit = 178'956'970;

/// How pictures are read; the defaults are what Pillow's Image.open does.
struct decoding {
  std::int64_t pixel_limit = default_pixel_limit;  // larger pictures are refused
  bool exif_orientation = false;                   // turn the picture as EXIF says, instead of noting it in the image
};

namespace detail {

/// Refuses files whose bytes stb_image, which counts in int, cannot count.
inline void check_file_size(std::uintmax_t size, std::string_view name) {
  if (size > std::uintmax_t{std::numeric_limits<int>::max()})
    refuse_image(name, fmt::format("{} bytes are too many, the limit is 2 GiB", size));
}

/// The format, from the first bytes.
inline image_format check_format(std::span<const std::byte> bytes, std::string_view name) {
  if (bytes.empty()) refuse_image(name, "the file is empty");
  check_file_size(bytes.size(), name);
  const image_format format = format_of(bytes);
  if (format == image_format::unknown)
    refuse_image(name, fmt::format("not a PNG, JPEG, GIF, WebP, TIFF, AVIF, BMP, TGA, PBM, PGM or PPM file; it begins "
                                   "with {:02x} {:02x} {:02x} {:02x}",
                                   byte_at(bytes, 0), byte_at(bytes, 1), byte_at(bytes, 2), byte_at(bytes, 3)));
  return format;
}

/// Refuses by its first bytes what is no picture, or one of too many pixels: a film among pictures is not read whole.
/// A JPEG's header may lie anywhere; its pixels are counted when all of it is there.
inline void check_beginning(const std::filesystem::path& path, std::size_t size, std::int64_t pixel_limit) {
  const std::string start = read_file(path, size);
  const auto bytes = std::as_bytes(std::span(start));
  if (check_format(bytes, path.string()) == image_format::jpeg) return;
  const stb_file file(bytes);
  int width = 0, height = 0, channels = 0;
  if (stbi_info_from_memory(file.data, file.size, &width, &height, &channels) != 0)
    check_pixels(width, std::abs(std::int64_t{height}), path.string(), pixel_limit);
}

[[noreturn, maybe_unused]] inline void refuse_without(std::string_view name, std::string_view format,
                                                      std::string_view package) {
  refuse_image(name, fmt::format("{} is not read by this build, for want of a library: install it (Debian: {}), "
                                 "configure and build again",
                                 format, package));
}

/// Pictures of a format by the library that has most in common with Pillow, as far as this build has it.
inline image decode_format(std::span<const std::byte> bytes, image_format format, std::string_view name,
                           std::int64_t pixel_limit) {
  switch (format) {
#ifdef CLIPT_LIBJPEG
    case image_format::jpeg: return jpeg_reader(bytes, name).decode(pixel_limit);
#else
    case image_format::jpeg: return decode_jpeg(bytes, name, pixel_limit);
#endif
#ifdef CLIPT_GIFLIB
    case image_format::gif: return gif_reader(bytes, name).decode(pixel_limit);
#else
    case image_format::gif: return decode_gif(bytes, name, pixel_limit);
#endif
#ifdef CLIPT_LIBWEBP
    case image_format::webp: return decode_webp(bytes, name, pixel_limit);
#else
    case image_format::webp: refuse_without(name, "WebP", "libwebp-dev");
#endif
#ifdef CLIPT_LIBTIFF
    case image_format::tiff: return tiff_reader(bytes, name, pixel_limit).decode();
#else
    case image_format::tiff: refuse_without(name, "TIFF", "libtiff-dev");
#endif
#ifdef CLIPT_LIBAVIF
    case image_format::avif: return avif_reader(bytes, name, pixel_limit).decode();
#else
    case image_format::avif: refuse_without(name, "AVIF", "libavif-dev");
#endif
    case image_format::bmp: return decode_bmp(bytes, name, pixel_limit);
    case image_format::tga: return decode_tga(bytes, name, pixel_limit);
    case image_format::pnm: return pnm_reader(bytes, name).decode(pixel_limit);
    default: return decode_png(bytes, name, pixel_limit);
  }
}

}  // namespace detail

/// Decodes a picture that lies in memory; `name` is what errors call it.
///
/// Modes are Pillow's (see pixel_mode); colours of 16 bits are cut to their upper byte; of films and pages the first is
/// read. Pixels and refusals are Pillow's, as far as the libraries are there: giflib for GIF and libjpeg-turbo for JPEG (stb_image
/// reads both without), libwebp for WebP, libtiff for TIFF, libavif for AVIF; stb_image reads PNG, BMP and TGA. CMake
/// finds them and defines CLIPT_GIFLIB, CLIPT_LIBJPEG, CLIPT_LIBWEBP, CLIPT_LIBTIFF and CLIPT_LIBAVIF.
/// JPEG by stb_image: of 136 files, none with inks, its bytes differ by 0.05 on average and by 7 at most; files with inks
/// are rgb then, and arithmetic coding is refused. A TIFF is turned as it says in any case, as by Pillow.
/// Memory: the file, twice if it is a PNG, and at most 24 bytes for each pixel.
/// Errors: io_error with `name` and the reason, for anything that is not a whole picture of at most `pixel_limit`
/// pixels. Pillow equivalent: Image.open(...).load(); with `exif_orientation` ImageOps.exif_transpose, too.
inline image decode_image(std::span<const std::byte> bytes, std::string_view name, const decoding& how = {}) {
  const detail::image_format format = detail::check_format(bytes, name);
  image picture = detail::decode_format(bytes, format, name, how.pixel_limit);
  if (format != detail::image_format::avif) picture.orientation = detail::orientation_of(bytes, format);
  return how.exif_orientation ? oriented(picture, picture.orientation) : picture;
}

/// Reads a picture from a file; errors and conversions as decode_image. `path` is what std::filesystem::path is made of.
///
/// A template, so that users of the precompiled models do not compile the decoders again.
/// Pillow equivalent: Image.open(path).load().
template <class Path>
image read_image(const Path& path, const decoding& how = {}) {
  if constexpr (!std::is_same_v<Path, std::filesystem::path>) {
    return read_image(std::filesystem::path(path), how);
  } else {
    std::error_code failure;
    const std::uintmax_t size = std::filesystem::file_size(path, failure);
    if (!failure) detail::check_file_size(size, path.string());
    constexpr std::size_t beginning = 1 << 16;
    if (!failure && size > beginning) detail::check_beginning(path, beginning, how.pixel_limit);
    const std::string bytes = read_file(path);
    return decode_image(std::as_bytes(std::span(bytes)), path.string(), how);
  }
}

}  // namespace clipt::inline CLIPT_BUILD
