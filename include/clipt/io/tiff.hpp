// TIFF through libtiff: the first page, with its samples taken as Pillow takes them.
#pragma once
#include <tiffio.h>     // TIFFClientOpen, TIFFReadEncodedStrip
#include <algorithm>    // min, copy_n
#include <array>        // array
#include <cstdarg>      // va_list
#include <cstdint>      // uint8_t, uint16_t, uint32_t
#include <cstdio>       // vsnprintf, SEEK_CUR
#include <cstring>      // memcpy
#include <span>         // span
#include <string>       // string
#include <string_view>  // string_view
#include <vector>       // vector

#include <fmt/format.h>  // format

#include <clipt/io/file_bytes.hpp>     // part_of
#include <clipt/io/image_formats.hpp>  // black_and_white
#include <clipt/io/image_guards.hpp>   // refuse_image, check_pixels
#include <clipt/io/oriented.hpp>       // oriented
#include <clipt/io/pixels.hpp>         // image

namespace clipt::inline CLIPT_BUILD::detail {

/// A TIFF in memory that libtiff reads; what it says of errors is kept.
class tiff_file {
 public:
  explicit tiff_file(std::span<const std::byte> bytes) : bytes_(bytes) {
    constexpr const char* mode = "rC";  // strips as they are in the file
    const auto write = [](thandle_t, void*, tmsize_t) -> tmsize_t { return 0; };
    const auto close = [](thandle_t) { return 0; };
    const auto size = [](thandle_t file) { return static_cast<toff_t>(static_cast<tiff_file*>(file)->bytes_.size()); };
#if TIFFLIB_VERSION >= 20221213
    TIFFOpenOptions* options = TIFFOpenOptionsAlloc();
    TIFFOpenOptionsSetErrorHandlerExtR(options, &tiff_file::keep_error, this);
    TIFFOpenOptionsSetWarningHandlerExtR(options, &tiff_file::keep_warning, this);
    tiff_ = TIFFClientOpenExt("", mode, this, &read, write, &seek, close, size, nullptr, nullptr, options);
    TIFFOpenOptionsFree(options);
#else  // handlers of the whole process
    TIFFSetErrorHandler(nullptr);
    TIFFSetWarningHandler(nullptr);
    tiff_ = TIFFClientOpen("", mode, this, &read, write, &seek, close, size, nullptr, nullptr);
#endif
  }
  ~tiff_file() {
    if (tiff_ != nullptr) TIFFClose(tiff_);
  }
  tiff_file(const tiff_file&) = delete;
  tiff_file& operator=(const tiff_file&) = delete;

  TIFF* get() const { return tiff_; }
  const std::string& error() const { return error_; }
  bool has_unnamed_samples() const { return unnamed_samples_; }

  /// The value of a tag of the first page, or what TIFF says it is without.
  template <class T>
  T tag(std::uint32_t number, T otherwise) const {
    T value = otherwise;
    return TIFFGetFieldDefaulted(tiff_, number, &value) == 1 ? value : otherwise;
  }

 private:
#if TIFFLIB_VERSION >= 20221213
  static int keep_error(TIFF*, void* file, const char*, const char* format, va_list values) {
    std::array<char, 200> text{};
    std::vsnprintf(text.data(), text.size(), format, values);
    static_cast<tiff_file*>(file)->error_ = text.data();
    return 1;
  }

  /// Of warnings, two count: a tag's value beyond the end of the file, and samples of which no tag says what they are.
  static int keep_warning(TIFF* tiff, void* handle, const char* module, const char* format, va_list values) {
    auto& file = *static_cast<tiff_file*>(handle);
    const std::string before = file.error_;
    keep_error(tiff, handle, module, format, values);
    file.unnamed_samples_ =
        file.unnamed_samples_ || file.error_.find("ExtraSamples doesn't match") != std::string::npos;
    if (file.error_.find("IO error") == std::string::npos) file.error_ = before;
    return 1;
  }
#endif

  static tmsize_t read(thandle_t handle, void* to, tmsize_t count) {
    auto& file = *static_cast<tiff_file*>(handle);
    const auto part = part_of(file.bytes_, file.at_, static_cast<std::size_t>(count));
    std::copy_n(part.data(), part.size(), static_cast<std::byte*>(to));
    file.at_ += part.size();
    return static_cast<tmsize_t>(part.size());
  }

  static toff_t seek(thandle_t handle, toff_t to, int from) {
    auto& file = *static_cast<tiff_file*>(handle);
    const std::size_t start = from == SEEK_CUR ? file.at_ : from == SEEK_END ? file.bytes_.size() : 0;
    return file.at_ = start + static_cast<std::size_t>(to);
  }

  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  std::string error_;
  bool unnamed_samples_ = false;
  TIFF* tiff_ = nullptr;
};

/// What a TIFF says of its pixels.
struct tiff_header {
  std::uint32_t width, height;
  std::uint16_t bits, samples, colours, planes, format, compression;  // colours: the photometric interpretation
  std::uint16_t extra;                                                // what the first sample behind the colours is
  std::size_t channels;                                               // without those behind the colours
};

/// The first page of one TIFF file in memory.
class tiff_reader {
 public:
  tiff_reader(std::span<const std::byte> bytes, std::string_view name, std::int64_t pixel_limit)
      : name_(name), file_(bytes) {
    if (file_.get() == nullptr || file_.error().find("IO error") != std::string::npos)
      refuse("the header cannot be read");
    TIFFGetField(file_.get(), TIFFTAG_IMAGEWIDTH, &tiff_.width);
    TIFFGetField(file_.get(), TIFFTAG_IMAGELENGTH, &tiff_.height);
    check_pixels(tiff_.width, tiff_.height, name_, pixel_limit);
    tiff_.bits = file_.tag<std::uint16_t>(TIFFTAG_BITSPERSAMPLE, 1);
    tiff_.samples = file_.tag<std::uint16_t>(TIFFTAG_SAMPLESPERPIXEL, 1);
    tiff_.colours = file_.tag<std::uint16_t>(TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
    tiff_.planes = file_.tag<std::uint16_t>(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    tiff_.format = file_.tag<std::uint16_t>(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
    tiff_.compression = file_.tag<std::uint16_t>(TIFFTAG_COMPRESSION, COMPRESSION_NONE);
    read_extra();
  }

  image decode() {
    image picture = tiff_.colours == PHOTOMETRIC_YCBCR && tiff_.samples == 3 ? decode_luminance() : decode_samples();
    return oriented(picture, file_.tag<std::uint16_t>(TIFFTAG_ORIENTATION, 1));  // as Pillow, whoever asks
  }

 private:
  [[noreturn]] void refuse(const char* what) const {
    refuse_image(name_, fmt::format("{}: {}", what, file_.error().empty() ? "damaged or cut short" : file_.error()));
  }

  void read_extra() {
    std::uint16_t count = 0, *kinds = nullptr;
    TIFFGetFieldDefaulted(file_.get(), TIFFTAG_EXTRASAMPLES, &count, &kinds);
    tiff_.extra = count > 0 ? kinds[0] : std::uint16_t{EXTRASAMPLE_UNSPECIFIED};
    if (file_.has_unnamed_samples() && tiff_.samples == 4) tiff_.extra = EXTRASAMPLE_UNASSALPHA;
    tiff_.channels = static_cast<std::size_t>(std::max(0, tiff_.samples - count));
  }

  /// Brightness and two colours, of which libtiff makes rgb.
  image decode_luminance() {
    if (tiff_.compression == COMPRESSION_JPEG && tiff_.planes == PLANARCONFIG_CONTIG) {
      TIFFSetField(file_.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
      tiff_.colours = PHOTOMETRIC_RGB;
      return decode_samples();
    }
    std::vector<std::uint32_t> raster(std::size_t{tiff_.width} * tiff_.height);
    std::array<char, 1024> error{};
    TIFFRGBAImage reading;
    if (TIFFRGBAImageBegin(&reading, file_.get(), 1, error.data()) == 0)
      refuse_image(name_, fmt::format("cannot be decoded: {}", error.data()));
    reading.orientation = reading.req_orientation = ORIENTATION_TOPLEFT;  // turned later, like the others
    const int read = TIFFRGBAImageGet(&reading, raster.data(), tiff_.width, tiff_.height);
    TIFFRGBAImageEnd(&reading);
    if (read == 0) refuse("cannot be decoded");
    image out = blank(3, pixel_mode::rgb);
    for (std::size_t i = 0; i < raster.size(); ++i)
      for (std::size_t c = 0; c < 3; ++c) out.pixels[3 * i + c] = static_cast<std::uint8_t>(raster[i] >> (8 * c));
    return out;
  }

  image blank(int channels, pixel_mode mode) const {
    return blank_image(static_cast<int>(tiff_.width), static_cast<int>(tiff_.height), channels, mode);
  }

  bool is_grey() const {
    const bool alone = tiff_.colours == PHOTOMETRIC_YCBCR && tiff_.samples == 1;
    return tiff_.colours == PHOTOMETRIC_MINISWHITE || tiff_.colours == PHOTOMETRIC_MINISBLACK || alone;
  }

  /// Refuses what Pillow does not read either, and numbers of other kinds than small whole ones.
  void check_samples() const {
    struct kind {
      bool met;
      std::size_t channels, most_extra;
      bool one_byte_only;
    };
    const kind kinds[] = {{is_grey(), 1, 1, false},
                          {tiff_.colours == PHOTOMETRIC_PALETTE, 1, 1, true},
                          {tiff_.colours == PHOTOMETRIC_RGB, 3, 3, false},
                          {tiff_.colours == PHOTOMETRIC_SEPARATED, 4, 2, false}};
    const bool narrow = tiff_.bits == 1 || tiff_.bits == 2 || tiff_.bits == 4;
    const bool whole =
        tiff_.format == SAMPLEFORMAT_UINT || (tiff_.format == SAMPLEFORMAT_INT && tiff_.bits == 8 && is_grey());
    for (const kind& each : kinds) {
      const bool fits = tiff_.bits == 8 || (tiff_.bits == 16 && !each.one_byte_only) || (narrow && tiff_.samples == 1);
      if (each.met && fits && whole && tiff_.channels == each.channels &&
          tiff_.samples <= each.channels + each.most_extra)
        return;
    }
    refuse_image(name_,
                 fmt::format("a TIFF of {} samples of {} bits, of sample format {} and photometric interpretation {}, "
                             "which is not read",
                             tiff_.samples, tiff_.bits, tiff_.format, tiff_.colours));
  }

  /// Pictures whose samples are whole numbers of the same number of bits.
  image decode_samples() {
    check_samples();
    read_rows();
    if (tiff_.colours == PHOTOMETRIC_PALETTE) return numbered();
    if (is_grey() && tiff_.bits == 1) return black_or_white();
    if (is_grey() && tiff_.bits == 16) return deep_greys();
    return coloured();
  }

  /// Fills `rows_`, each with its samples one after the other, plane after plane if the file has planes.
  void read_rows() {
    const bool planar = tiff_.planes == PLANARCONFIG_SEPARATE && tiff_.samples > 1;
    row_size_ = (std::size_t{tiff_.width} * tiff_.bits * (planar ? 1 : tiff_.samples) + 7) / 8;
    plane_size_ = row_size_ * tiff_.height;
    planar_ = planar;
    rows_.resize(plane_size_ * (planar ? tiff_.samples : 1));
    const bool tiled = TIFFIsTiled(file_.get()) != 0;
    std::uint32_t width = tiff_.width, height = file_.tag<std::uint32_t>(TIFFTAG_ROWSPERSTRIP, tiff_.height);
    if (tiled) {
      width = file_.tag<std::uint32_t>(TIFFTAG_TILEWIDTH, 0);
      height = file_.tag<std::uint32_t>(TIFFTAG_TILELENGTH, 0);
    }
    height = tiled ? height : std::min(height, tiff_.height);
    const auto size = static_cast<std::uint64_t>(tiled ? TIFFTileSize(file_.get()) : TIFFStripSize(file_.get()));
    const auto step = static_cast<std::size_t>(tiled ? TIFFTileRowSize(file_.get()) : TIFFScanlineSize(file_.get()));
    if (width == 0 || height == 0 || step == 0 || size > 4 * std::uint64_t{rows_.size()} + (1 << 24) ||
        (!tiled && step != row_size_))
      refuse_image(name_, fmt::format("damaged: parts of {} x {} pixels in a TIFF of {} x {}", width, height,
                                      tiff_.width, tiff_.height));
    std::vector<std::uint8_t> part(static_cast<std::size_t>(size));
    for (std::uint16_t plane = 0; plane < (planar ? tiff_.samples : 1); ++plane)
      for (std::uint32_t y = 0; y < tiff_.height; y += std::min(height, tiff_.height - y))
        for (std::uint32_t x = 0; x < tiff_.width; x += std::min(width, tiff_.width - x)) {
          std::fill(part.begin(), part.end(), std::uint8_t{0});
          const auto most = static_cast<tmsize_t>(part.size());
          const tmsize_t found =
              tiled ? TIFFReadEncodedTile(file_.get(), TIFFComputeTile(file_.get(), x, y, 0, plane), part.data(), most)
                    : TIFFReadEncodedStrip(file_.get(), TIFFComputeStrip(file_.get(), y, plane), part.data(), most);
          if (found < 0) refuse("cannot be decoded");
          place(part, step, plane, x, y, height);
        }
  }

  void place(const std::vector<std::uint8_t>& part, std::size_t step, std::size_t plane, std::uint32_t x,
             std::uint32_t y, std::uint32_t height) {
    const std::size_t at = std::size_t{x} * tiff_.bits * (planar_ ? 1 : tiff_.samples) / 8;
    for (std::uint32_t row = 0; row < std::min(height, tiff_.height - y); ++row)
      std::copy_n(part.data() + row * step, std::min(step, row_size_ - at),
                  rows_.data() + plane * plane_size_ + (y + row) * row_size_ + at);
  }

  /// One sample; of 16 bits, in the order of this machine's bytes, both.
  unsigned sample(std::size_t x, std::size_t y, std::size_t channel) const {
    const std::size_t number = planar_ ? x : x * tiff_.samples + channel;
    const std::uint8_t* row = rows_.data() + (planar_ ? channel * plane_size_ : 0) + y * row_size_;
    if (tiff_.bits == 8) return row[number];
    if (tiff_.bits == 16) {
      std::uint16_t value = 0;
      std::memcpy(&value, row + 2 * number, 2);
      return value;
    }
    const std::size_t bit = number * tiff_.bits;
    return row[bit / 8] >> (8 - tiff_.bits - bit % 8) & ((1u << tiff_.bits) - 1);
  }

  template <class Use>
  void for_each_pixel(const Use& use) const {
    for (std::size_t y = 0; y < tiff_.height; ++y)
      for (std::size_t x = 0; x < tiff_.width; ++x) use(x, y);
  }

  image black_or_white() const {
    image out = blank(3, pixel_mode::palette);
    out.palette = black_and_white();
    std::uint8_t* pixel = out.pixels.data();
    const unsigned white = tiff_.colours == PHOTOMETRIC_MINISWHITE ? 0 : 1;
    for_each_pixel(
        [&](std::size_t x, std::size_t y) { pixel = std::fill_n(pixel, 3, sample(x, y, 0) == white ? 255 : 0); });
    return out;
  }

  image deep_greys() const {
    image out = blank(2, pixel_mode::grey_16);
    std::uint8_t* pixel = out.pixels.data();
    for_each_pixel([&](std::size_t x, std::size_t y) {
      const unsigned value = sample(x, y, 0);
      *pixel++ = static_cast<std::uint8_t>(value & 255);
      *pixel++ = static_cast<std::uint8_t>(value >> 8);
    });
    return out;
  }

  image numbered() const {
    std::array<std::uint16_t*, 3> colours{};
    if (TIFFGetField(file_.get(), TIFFTAG_COLORMAP, &colours[0], &colours[1], &colours[2]) == 0)
      refuse_image(name_, "a TIFF of numbered colours without a palette");
    image out = blank(3, pixel_mode::palette);
    for (std::size_t i = 0; i < std::size_t{1} << tiff_.bits; ++i)
      for (const std::uint16_t* channel : colours) out.palette.push_back(static_cast<std::uint8_t>(channel[i] >> 8));
    std::uint8_t* pixel = out.pixels.data();
    for_each_pixel([&](std::size_t x, std::size_t y) {
      pixel = std::copy_n(out.palette.data() + std::size_t{3} * sample(x, y, 0), 3, pixel);
    });
    return out;
  }

  /// Greys, rgb and inks of up to 8 bits, of 16 the upper ones; and alpha, of which premultiplied colours are freed.
  image coloured() const {
    const bool alpha = tiff_.samples > tiff_.channels && tiff_.extra != EXTRASAMPLE_UNSPECIFIED && tiff_.channels < 4;
    const std::size_t channels = tiff_.channels + (alpha ? 1 : 0);
    constexpr pixel_mode modes[] = {pixel_mode::grey, pixel_mode::grey_alpha, pixel_mode::rgb, pixel_mode::rgb_alpha};
    image out = blank(static_cast<int>(channels), tiff_.channels == 4 ? pixel_mode::cmyk : modes[channels - 1]);
    const unsigned scale = tiff_.bits >= 8 ? 1 : 255 / ((1u << tiff_.bits) - 1);
    const unsigned flip = tiff_.colours == PHOTOMETRIC_MINISWHITE ? 255 : 0;
    std::uint8_t* pixel = out.pixels.data();
    for_each_pixel([&](std::size_t x, std::size_t y) {
      for (std::size_t c = 0; c < channels; ++c)
        pixel[c] = static_cast<std::uint8_t>(((tiff_.bits == 16 ? sample(x, y, c) >> 8 : sample(x, y, c) * scale)) ^
                                             (c == 0 ? flip : 0));
      const unsigned opacity = alpha && tiff_.extra == EXTRASAMPLE_ASSOCALPHA ? pixel[channels - 1] : 255;
      for (std::size_t c = 0; opacity < 255 && c + 1 < channels; ++c)
        pixel[c] = static_cast<std::uint8_t>(opacity == 0 ? 0 : std::min(255u, pixel[c] * 255u / opacity));
      pixel += channels;
    });
    return out;
  }

  std::string_view name_;
  tiff_file file_;
  tiff_header tiff_{};
  std::size_t row_size_ = 0, plane_size_ = 0;
  bool planar_ = false;
  std::vector<std::uint8_t> rows_;
};

}  // namespace clipt::inline CLIPT_BUILD::detail
