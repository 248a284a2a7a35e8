// PBM, PGM and PPM (P1 to P6), plain and binary, as Pillow reads them.
#pragma once
#include <algorithm>    // min
#include <cmath>        // nearbyint
#include <cstddef>      // byte, size_t
#include <cstdint>      // int64_t, uint8_t
#include <span>         // span
#include <string>       // string
#include <string_view>  // string_view

#include <fmt/format.h>  // format

#include <clipt/io/file_bytes.hpp>     // byte_at, big_endian
#include <clipt/io/image_formats.hpp>  // black_and_white
#include <clipt/io/image_guards.hpp>   // refuse_image, check_pixels
#include <clipt/io/pixels.hpp>         // image

namespace clipt::inline CLIPT_BUILD::detail {

/// One PNM file in memory.
class pnm_reader {
 public:
  pnm_reader(std::span<const std::byte> bytes, std::string_view name)
      : bytes_(bytes), name_(name), kind_(byte_at(bytes, 1) - '0') {
    at_ = 2;
    width_ = number_of("width");
    height_ = number_of("height");
    if (kind_ == 1 || kind_ == 4) return;
    maximum_ = number_of("maximum");
    if (maximum_ < 1 || maximum_ > 65535)
      refuse_image(name_, fmt::format("a maximum of {}; it is between 1 and 65535", maximum_));
  }

  image decode(std::int64_t pixel_limit) {
    check_pixels(width_, height_, name_, pixel_limit);
    if (kind_ == 1 || kind_ == 4) return bits();
    const bool colours = kind_ == 3 || kind_ == 6, deep = maximum_ > 255 && !colours;
    check_size(width_ * height_ * (colours ? 3 : 1), kind_ <= 3 ? 1 : maximum_ > 255 ? 2 : 1);
    image out = blank(colours ? 3
                      : deep  ? 2
                              : 1,
                      colours ? pixel_mode::rgb
                      : deep  ? pixel_mode::grey_16
                              : pixel_mode::grey);
    const double most = deep ? 65535 : 255;
    for (std::size_t i = 0; i < out.pixels.size();) {
      const double exact = static_cast<double>(value()) / static_cast<double>(maximum_) * most;
      const int scaled = static_cast<int>(std::min(std::nearbyint(exact), most));
      out.pixels[i++] = static_cast<std::uint8_t>(scaled & 255);
      if (deep) out.pixels[i++] = static_cast<std::uint8_t>(scaled >> 8);
    }
    return out;
  }

 private:
  static bool is_blank(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

  image blank(int channels, pixel_mode mode) const {
    return blank_image(static_cast<int>(width_), static_cast<int>(height_), channels, mode);
  }

  [[noreturn]] void refuse_cut_short(std::int64_t needed) const {
    refuse_image(name_, fmt::format("cut short: {} x {} pixels need {} bytes, found {}", width_, height_, needed,
                                    bytes_.size()));
  }

  /// Refuses a file that cannot hold `count` values of at least `size` bytes.
  void check_size(std::int64_t count, std::int64_t size) const {
    const std::int64_t needed = static_cast<std::int64_t>(at_) + count * size;
    if (static_cast<std::int64_t>(bytes_.size()) < needed) refuse_cut_short(needed);
  }

  /// What stands up to the next blank, without comments, which reach from # to the end of their line; the blank is passed.
  std::string word() {
    std::string out;
    for (; at_ < bytes_.size() && out.size() <= 10; ++at_) {
      const int c = byte_at(bytes_, at_);
      if (c == '#')
        skip_comment();
      else if (!is_blank(c))
        out.push_back(static_cast<char>(c));
      else if (!out.empty())
        break;
    }
    ++at_;
    return out;
  }

  void skip_comment() {
    while (at_ < bytes_.size() && byte_at(bytes_, at_) != '\n' && byte_at(bytes_, at_) != '\r') ++at_;
  }

  std::int64_t number_of(const char* what) {
    const std::string text = word();
    if (text.empty() || text.size() > 10 || text.find_first_not_of("0123456789") != std::string::npos)
      refuse_image(name_, fmt::format("the header cannot be read: its {} is no number of at most 10 digits", what));
    return std::stoll(text);
  }

  /// The next value of the pixels.
  std::int64_t value() {
    if (kind_ > 3) {
      const std::size_t size = maximum_ > 255 ? 2 : 1;
      at_ += size;
      return big_endian(bytes_, at_ - size, size);
    }
    if (at_ >= bytes_.size()) refuse_cut_short(static_cast<std::int64_t>(at_) + 1);
    const std::int64_t out = number_of("next pixel");
    if (out > maximum_)
      refuse_image(name_, fmt::format("damaged: the value {} is above the maximum of {}", out, maximum_));
    return out;
  }

  /// Black (1) and white, as a picture of a palette.
  image bits() {
    const std::int64_t stride = (width_ + 7) / 8;
    if (kind_ == 4) check_size(stride * height_, 1);
    if (kind_ == 1) check_size(width_ * height_, 1);
    image out = blank(3, pixel_mode::palette);
    out.palette = black_and_white();
    std::uint8_t* pixel = out.pixels.data();
    for (std::int64_t y = 0; y < height_; ++y, at_ += kind_ == 4 ? static_cast<std::size_t>(stride) : 0)
      for (std::int64_t x = 0; x < width_; ++x) {
        const bool black =
            kind_ == 1 ? plain_bit() : (byte_at(bytes_, at_ + static_cast<std::size_t>(x / 8)) >> (7 - x % 8) & 1) != 0;
        for (int c = 0; c < 3; ++c) *pixel++ = black ? 0 : 255;
      }
    return out;
  }

  bool plain_bit() {
    for (; at_ < bytes_.size(); ++at_) {
      const int c = byte_at(bytes_, at_);
      if (c == '#')
        skip_comment();
      else if (!is_blank(c)) {
        if (c != '0' && c != '1') refuse_image(name_, fmt::format("damaged: byte {:02x} among zeros and ones", c));
        ++at_;
        return c == '1';
      }
    }
    refuse_cut_short(static_cast<std::int64_t>(at_) + 1);
  }

  std::span<const std::byte> bytes_;
  std::string_view name_;
  int kind_;
  std::size_t at_ = 0;
  std::int64_t width_ = 0, height_ = 0, maximum_ = 1;
};

}  // namespace clipt::inline CLIPT_BUILD::detail
