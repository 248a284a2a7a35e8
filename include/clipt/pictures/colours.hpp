// Pictures of any mode as RGB: Pillow's conversion, and laying over a colour.
#pragma once
#include <algorithm>  // equal, copy_n
#include <array>      // array
#include <cstdint>    // uint8_t

#include <clipt/pictures/resize.hpp>  // check_picture
#include <clipt/io/pixels.hpp>        // image

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// One pixel as RGB.
inline std::array<std::uint8_t, 3> rgb_of(const std::uint8_t* pixel, int channels, pixel_mode mode) {
  if (mode == pixel_mode::grey_16) {  // Pillow cuts to 255 instead of dividing by 257
    const std::uint8_t grey = pixel[1] != 0 ? std::uint8_t{255} : pixel[0];
    return {grey, grey, grey};
  }
  if (mode == pixel_mode::cmyk) {
    const auto without = [black = 255 - pixel[3]](int ink) {
      const int product = (255 - ink) * black + 128;
      return static_cast<std::uint8_t>(((product >> 8) + product) >> 8);
    };
    return {without(pixel[0]), without(pixel[1]), without(pixel[2])};
  }
  if (channels < 3) return {pixel[0], pixel[0], pixel[0]};
  return {pixel[0], pixel[1], pixel[2]};
}

}  // namespace detail

/// The picture with three channels: grey is repeated, alpha is dropped (not composited), 16-bit greys are cut to 255,
/// cyan, magenta and yellow become (255 - ink) (255 - black) / 255, rounded.
///
/// Pillow equivalent, to the byte: image.convert("RGB").
inline image to_rgb(const image& from) {
  detail::check_picture("to_rgb", from);
  image out = blank_image(from.width, from.height, 3, pixel_mode::rgb);
  const std::uint8_t* pixel = from.pixels.data();
  for (std::size_t i = 0; i < out.pixels.size(); i += 3, pixel += from.channels) {
    const auto rgb = detail::rgb_of(pixel, from.channels, from.mode);
    std::copy_n(rgb.data(), 3, out.pixels.data() + i);
  }
  return out;
}

/// The picture with three channels, laid over one colour where it is transparent: alpha c + (1 - alpha) fill, rounded.
///
/// Without alpha, pixels of the picture's colour key become `fill`. Drawings with a transparent background need this in
/// training: what lies under alpha 0 is often black or noise.
inline image flatten(const image& from, std::array<std::uint8_t, 3> fill = {255, 255, 255}) {
  image out = to_rgb(from);
  if (!from.has_alpha()) {
    for (std::size_t i = 0; from.colour_key.size() == 3 && i < out.pixels.size(); i += 3)
      if (std::equal(from.colour_key.begin(), from.colour_key.end(), out.pixels.data() + i))
        std::copy_n(fill.data(), 3, out.pixels.data() + i);
    return out;
  }
  const std::uint8_t* alpha = from.pixels.data() + from.channels - 1;
  for (std::size_t i = 0; i < out.pixels.size(); i += 3, alpha += from.channels)
    for (std::size_t c = 0; c < 3; ++c)
      out.pixels[i + c] =
          static_cast<std::uint8_t>((out.pixels[i + c] * *alpha + fill[c] * (255 - *alpha) + 127) / 255);
  return out;
}

}  // namespace clipt::inline CLIPT_BUILD
