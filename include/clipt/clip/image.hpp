// From a decoded picture to the image encoder's input, as OpenAI's preprocessing does it.
#pragma once
#include <algorithm>  // max, copy_n
#include <array>      // array
#include <cmath>      // nearbyint
#include <cstdint>    // uint8_t
#include <span>       // span

#include <fmt/format.h>  // format

#include <clipt/clip/resize.hpp>  // resize_window
#include <clipt/core/error.hpp>   // shape_error
#include <clipt/io/pixels.hpp>    // image

namespace clipt {

/// Mean and standard deviation of each colour channel, in units of the full range [0, 1].
struct channel_statistics {
  std::array<float, 3> mean, std;
};

/// What every CLIP of OpenAI was trained with.
inline constexpr channel_statistics clip_statistics{{0.48145466f, 0.4578275f, 0.40821073f},
                                                    {0.26862954f, 0.26130258f, 0.27577711f}};

namespace detail {

/// round(excess / 2) with ties to even, as Python rounds: 1 gives 0, 3 gives 2, 5 gives 2, 7 gives 4.
inline int half_to_even(int excess) {
  const int half = excess / 2;
  return excess % 2 == 0 ? half : half + half % 2;
}

/// The picture in the middle of a black one that is at least `side` large both ways; the odd pixel goes right and
/// below.
inline image padded(const image& from, int side) {
  const int width = std::max(from.width, side);
  const int height = std::max(from.height, side);
  image out = blank_image(width, height, from.channels, from.mode);
  const int left = (width - from.width) / 2;
  const int top = (height - from.height) / 2;
  for (int y = 0; y < from.height; ++y)
    std::copy_n(from.row(y), from.stride(), out.row(top + y) + left * from.channels);
  return out;
}

inline void check_side(const char* function, int side) {
  if (side < 1) throw shape_error(fmt::format("clipt::{}: the side must be at least 1, found {}", function, side));
}

}  // namespace detail

/// The middle `side` x `side` pixels; a smaller picture is padded with zeros first.
///
/// Offsets are round((size - side) / 2) with Python's rounding (ties to even), not the floor of other ports.
/// PyTorch equivalent: torchvision.transforms.CenterCrop(side).
inline image center_crop(const image& from, int side) {
  detail::check_picture("center_crop", from);
  detail::check_side("center_crop", side);
  if (from.width < side || from.height < side) return center_crop(detail::padded(from, side), side);
  const int left = detail::half_to_even(from.width - side);
  const int top = detail::half_to_even(from.height - side);
  image out = blank_image(side, side, from.channels, from.mode);
  for (int y = 0; y < side; ++y) std::copy_n(from.row(top + y) + left * from.channels, out.stride(), out.row(y));
  return out;
}

/// The picture with three channels: grey is repeated, alpha is dropped (not composited).
///
/// Pillow equivalent: image.convert("RGB").
inline image to_rgb(const image& from) {
  detail::check_picture("to_rgb", from);
  image out = blank_image(from.width, from.height, 3, pixel_mode::rgb);
  const int green = from.channels >= 3 ? 1 : 0;
  const int blue = from.channels >= 3 ? 2 : 0;
  const std::uint8_t* pixel = from.pixels.data();
  for (std::size_t i = 0; i < out.pixels.size(); i += 3, pixel += from.channels) {
    out.pixels[i] = pixel[0];
    out.pixels[i + 1] = pixel[green];
    out.pixels[i + 2] = pixel[blue];
  }
  return out;
}

/// The picture with three channels, laid over one colour where it is transparent: alpha c + (1 - alpha) fill, rounded.
///
/// Drawings with a transparent background need this in training: what lies under alpha 0 is often black or noise.
inline image flatten(const image& from, std::array<std::uint8_t, 3> fill = {255, 255, 255}) {
  image out = to_rgb(from);
  if (from.channels == 1 || from.channels == 3) return out;
  const std::uint8_t* alpha = from.pixels.data() + from.channels - 1;
  for (std::size_t i = 0; i < out.pixels.size(); i += 3, alpha += from.channels)
    for (std::size_t c = 0; c < 3; ++c)
      out.pixels[i + c] =
          static_cast<std::uint8_t>((out.pixels[i + c] * *alpha + fill[c] * (255 - *alpha) + 127) / 255);
  return out;
}

/// planes[c][y][x] = (pixel / 255 - mean_c) / std_c; `planes` is [3, height, width].
///
/// Errors: shape_error unless the picture has three channels and `planes` as many numbers as the picture bytes.
/// PyTorch equivalent: torchvision.transforms.ToTensor, then Normalize(mean, std); the same floats.
inline void normalise(const image& rgb, const channel_statistics& statistics, std::span<float> planes) {
  detail::check_picture("normalise", rgb);
  if (rgb.channels != 3 || planes.size() != rgb.pixels.size())
    throw shape_error(
        fmt::format("clipt::normalise: {} x {} pixels of {} channels do not fit {} numbers; three channels "
                    "(to_rgb) and 3 x height x width numbers are needed",
                    rgb.width, rgb.height, rgb.channels, planes.size()));
  std::array<std::array<float, 256>, 3> table;
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t value = 0; value < 256; ++value)
      table[c][value] = (static_cast<float>(value) / 255.f - statistics.mean[c]) / statistics.std[c];
  const std::size_t count = rgb.pixels.size() / 3;
  const std::uint8_t* pixel = rgb.pixels.data();
  for (std::size_t i = 0; i < count; ++i, pixel += 3)
    for (std::size_t c = 0; c < 3; ++c) planes[c * count + i] = table[c][pixel[c]];
}

/// OpenAI's order: resize the shorter side (bicubic) in the file's own mode, crop the middle, convert to RGB.
///
/// Returns [side, side, 3]. Only the pixels that the crop keeps are computed, which changes none of them.
inline image preprocess_pixels(const image& from, int side) {
  detail::check_picture("preprocess_pixels", from);
  detail::check_side("preprocess_pixels", side);
  const detail::picture_size size = detail::shortest_size(from, side);
  const detail::pixel_window window{detail::half_to_even(size.width - side), detail::half_to_even(size.height - side),
                                    side, side};
  image picture = detail::resize_window(from, size.width, size.height, window);
  if (picture.channels != 3) return to_rgb(picture);
  picture.mode = pixel_mode::rgb;
  return picture;
}

/// The image encoder's input: preprocess_pixels, then normalise with CLIP's statistics; `planes` is [3, side, side].
///
/// PyTorch equivalent: the preprocess function that clip.load returns.
inline void preprocess(const image& from, int side, std::span<float> planes) {
  normalise(preprocess_pixels(from, side), clip_statistics, planes);
}

}  // namespace clipt
