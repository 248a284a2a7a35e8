// AVIF through libavif: the first frame, as Pillow has it.
#pragma once
#include <avif/avif.h>  // avifDecoder
#include <array>        // array
#include <cstdint>      // uint8_t, uint32_t
#include <memory>       // unique_ptr
#include <span>         // span
#include <string_view>  // string_view

#include <fmt/format.h>  // format

#include <clipt/io/image_guards.hpp>  // refuse_image, check_pixels
#include <clipt/io/pixels.hpp>        // image

namespace clipt::inline CLIPT_BUILD::detail {

/// One AVIF file in memory, with its header read.
class avif_reader {
 public:
  avif_reader(std::span<const std::byte> bytes, std::string_view name, std::int64_t pixel_limit)
      : name_(name), decoder_(avifDecoderCreate(), &avifDecoderDestroy) {
    if (decoder_ == nullptr) refuse_image(name_, "libavif has no memory for it");
    // What encoders get wrong, and Pillow passes over: the clean aperture, and a missing description of the pixels.
    decoder_->strictFlags &= ~static_cast<avifStrictFlags>(AVIF_STRICT_CLAP_VALID | AVIF_STRICT_PIXI_REQUIRED);
    check("the header cannot be read",
          avifDecoderSetIOMemory(decoder_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
    check("the header cannot be read", avifDecoderParse(decoder_.get()));
    check_pixels(decoder_->image->width, decoder_->image->height, name_, pixel_limit);
  }

  /// The picture, not turned; its orientation is that of the file's own marks, which stand for EXIF's.
  image decode() {
    check("cannot be decoded", avifDecoderNthImage(decoder_.get(), 0));
    const bool alpha = decoder_->alphaPresent != 0;
    avifRGBImage rgb;
    avifRGBImageSetDefaults(&rgb, decoder_->image);
    image out = blank_image(static_cast<int>(rgb.width), static_cast<int>(rgb.height), alpha ? 4 : 3,
                            alpha ? pixel_mode::rgb_alpha : pixel_mode::rgb);
    rgb.depth = 8;
    rgb.format = alpha ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
    rgb.pixels = out.pixels.data();
    rgb.rowBytes = static_cast<std::uint32_t>(out.stride());
    check("cannot be decoded", avifImageYUVToRGB(decoder_->image, &rgb));
    out.orientation = orientation();
    return out;
  }

 private:
  /// How the picture is to be turned, as EXIF counts it, by the file's own marks of turning and mirroring.
  int orientation() const {
    const avifImage& picture = *decoder_->image;
    const bool turned = (picture.transformFlags & AVIF_TRANSFORM_IROT) != 0,
               mirrored = (picture.transformFlags & AVIF_TRANSFORM_IMIR) != 0;
    const int quarters = turned ? picture.irot.angle : 0;  // against the clock
    if (!mirrored) return std::array{1, 8, 3, 6}[static_cast<std::size_t>(quarters & 3)];
    return mirror_axis(picture.imir) == 0 ? std::array{4, 5, 2, 7}[static_cast<std::size_t>(quarters & 3)]
                                          : std::array{2, 7, 4, 5}[static_cast<std::size_t>(quarters & 3)];
  }

  /// 0: top and bottom change places, 1: left and right do. The field was called `mode` before version 1.
  template <class Mirror>
  static int mirror_axis(const Mirror& mirror) {
    if constexpr (requires { mirror.axis; })
      return mirror.axis;
    else
      return mirror.mode;
  }

  void check(const char* what, avifResult result) const {
    if (result != AVIF_RESULT_OK) refuse_image(name_, fmt::format("{}: {}", what, avifResultToString(result)));
  }

  std::string_view name_;
  std::unique_ptr<avifDecoder, decltype(&avifDecoderDestroy)> decoder_;
};

}  // namespace clipt::inline CLIPT_BUILD::detail
