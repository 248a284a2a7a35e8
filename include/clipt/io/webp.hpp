// WebP through libwebp: the first frame on its canvas, as Pillow has it.
#pragma once
#include <webp/decode.h>  // WebPGetFeatures
#include <webp/demux.h>   // WebPAnimDecoderNew
#include <algorithm>      // copy_n
#include <cstdint>        // uint8_t
#include <memory>         // unique_ptr
#include <span>           // span
#include <string_view>    // string_view

#include <clipt/io/image_guards.hpp>  // refuse_image, check_pixels
#include <clipt/io/pixels.hpp>        // image

namespace clipt::inline CLIPT_BUILD::detail {

/// A WebP: rgb, or rgb with alpha where the file has some.
inline image decode_webp(std::span<const std::byte> bytes, std::string_view name, std::int64_t pixel_limit) {
  const WebPData data{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
  WebPBitstreamFeatures features{};
  if (WebPGetFeatures(data.bytes, data.size, &features) != VP8_STATUS_OK)
    refuse_image(name, "the header cannot be read: damaged or cut short");
  check_pixels(features.width, features.height, name, pixel_limit);
  const std::unique_ptr<WebPAnimDecoder, decltype(&WebPAnimDecoderDelete)> decoder(WebPAnimDecoderNew(&data, nullptr),
                                                                                   &WebPAnimDecoderDelete);
  WebPAnimInfo canvas{};
  if (decoder == nullptr || WebPAnimDecoderGetInfo(decoder.get(), &canvas) == 0)
    refuse_image(name, "cannot be decoded: the file is damaged or cut short");
  check_pixels(canvas.canvas_width, canvas.canvas_height, name, pixel_limit);
  std::uint8_t* pixels = nullptr;  // four channels; the decoder's
  int time = 0;
  if (WebPAnimDecoderGetNext(decoder.get(), &pixels, &time) == 0)
    refuse_image(name, "cannot be decoded: the pixels are damaged");
  const bool alpha = features.has_alpha != 0;
  image out = blank_image(static_cast<int>(canvas.canvas_width), static_cast<int>(canvas.canvas_height), alpha ? 4 : 3,
                          alpha ? pixel_mode::rgb_alpha : pixel_mode::rgb);
  const auto channels = static_cast<std::size_t>(out.channels);
  for (std::size_t i = 0; i < out.pixels.size() / channels; ++i)
    std::copy_n(pixels + 4 * i, channels, out.pixels.data() + channels * i);
  return out;
}

}  // namespace clipt::inline CLIPT_BUILD::detail
