// Training augmentation of pictures: one pure function of the picture, the settings and a random stream.
#pragma once
#include <cstdint>  // uint8_t
#include <vector>   // vector

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>                // shape_error
#include <clipt/core/philox.hpp>               // random_stream
#include <clipt/io/pixels.hpp>                 // image
#include <clipt/pictures/augment_colours.hpp>  // jitter, saturate
#include <clipt/pictures/augment_place.hpp>    // place, draw_rectangle
#include <clipt/pictures/augmentation.hpp>     // augmentation
#include <clipt/pictures/image.hpp>            // clip_statistics, check_picture, check_side

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// Rounds the planes to a picture, mirrored if asked.
inline image to_bytes(const float* planes, int side, bool mirrored) {
  image out = blank_image(side, side, 3, pixel_mode::rgb);
  const std::size_t plane = static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
  for (int y = 0; y < side; ++y) {
    std::uint8_t* pixel = out.row(y);
    for (int x = 0; x < side; ++x, pixel += 3) {
      const float* value = planes + y * side + (mirrored ? side - 1 - x : x);
      for (std::size_t c = 0; c < 3; ++c) pixel[c] = static_cast<std::uint8_t>(value[c * plane] + 0.5f);
    }
  }
  return out;
}

/// Covers a rectangle with CLIP's mean colour, which is 0 after normalising.
inline void erase_rectangle(image& picture, const random_stream& random) {
  pixel_window part{};
  for (std::uint64_t i = 0; i < augment_draw::tries; ++i) {
    if (!draw_rectangle(picture.width, picture.height, {0.02f, 0.33f}, {0.3f, 3.3f}, random,
                        augment_draw::erase_tries + 4 * i, part))
      continue;
    for (int y = part.top; y < part.top + part.height; ++y)
      for (int x = part.left; x < part.left + part.width; ++x)
        for (std::size_t c = 0; c < 3; ++c)
          picture.row(y)[3 * x + static_cast<int>(c)] = static_cast<std::uint8_t>(clip_statistics.mean[c] * 255 + 0.5f);
    return;
  }
}

}  // namespace detail

/// A training variant of an rgb picture: [side, side, 3], a pure function of its arguments.
///
/// In this order: random resized crop, affine map, horizontal flip, colour jitter, loss of colour, erasing; each only
/// if `how` asks for it. Crop and affine map are one bilinear resampling unless they shrink the picture by more
/// than 1.5; without an affine map the crop is resized by antialiased bicubic interpolation. Between the steps values
/// stay floats. Errors: shape_error unless the picture has three channels (to_rgb or flatten) and side >= 1. PyTorch
/// equivalent: torchvision's RandomResizedCrop, RandomAffine, RandomHorizontalFlip, ColorJitter, RandomGrayscale and
/// RandomErasing with other random numbers.
inline image augment(const image& rgb, int side, const augmentation& how, random_stream random) {
  check_augmentation(how);
  detail::check_picture("augment", rgb);
  detail::check_side("augment", side);
  if (rgb.channels != 3)
    throw shape_error(
        fmt::format("clipt::augment: three channels are needed, found {}; use to_rgb or flatten", rgb.channels));
  const std::size_t plane = static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
  std::vector<float> planes(3 * plane);
  detail::place(rgb, side, how, random, planes.data());
  detail::jitter(planes.data(), plane, how, random);
  if (random.uniform(detail::augment_draw::grey) < how.grey) detail::saturate(planes.data(), plane, 0);
  image out = detail::to_bytes(planes.data(), side, how.flip && random.bits(detail::augment_draw::flip) % 2 == 1);
  if (random.uniform(detail::augment_draw::erase) < how.erase) detail::erase_rectangle(out, random);
  return out;
}

}  // namespace clipt::inline CLIPT_BUILD
