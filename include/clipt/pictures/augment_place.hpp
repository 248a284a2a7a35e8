// Where an augmented picture takes its pixels from: a random crop, and a random affine map within it.
#pragma once
#include <algorithm>  // copy_n, clamp
#include <array>      // array
#include <cmath>      // sin, cos, tan, sqrt, exp, log, round, lround
#include <cstdint>    // uint8_t
#include <numbers>    // pi

#include <clipt/core/philox.hpp>            // random_stream
#include <clipt/io/pixels.hpp>              // image
#include <clipt/pictures/augmentation.hpp>  // augmentation, augment_draw
#include <clipt/pictures/resize.hpp>        // resize, cut

namespace clipt::inline CLIPT_BUILD::detail {

/// A random rectangle with an area in [scale] of the whole and a width / height in [ratio], or nothing if it misses.
inline bool draw_rectangle(int width, int height, std::array<float, 2> scale, std::array<float, 2> ratio,
                           const random_stream& random, std::uint64_t draw, pixel_window& out) {
  const double area = double{1} * width * height * random.uniform(draw, scale[0], scale[1]);
  const double aspect = std::exp(static_cast<double>(random.uniform(draw + 1, std::log(ratio[0]), std::log(ratio[1]))));
  const int w = static_cast<int>(std::lround(std::sqrt(area * aspect)));
  const int h = static_cast<int>(std::lround(std::sqrt(area / aspect)));
  if (w < 1 || h < 1 || w > width || h > height) return false;
  out = {static_cast<int>(random.below(draw + 2, static_cast<std::uint32_t>(width - w + 1))),
         static_cast<int>(random.below(draw + 3, static_cast<std::uint32_t>(height - h + 1))), w, h};
  return true;
}

/// The crop; after ten misses the largest middle rectangle of an allowed shape.
inline pixel_window draw_crop(const image& from, const augmentation& how, const random_stream& random) {
  pixel_window crop{0, 0, from.width, from.height};
  for (std::uint64_t i = 0; i < augment_draw::tries; ++i)
    if (draw_rectangle(from.width, from.height, {how.scale_min, how.scale_max}, {how.ratio_min, how.ratio_max}, random,
                       augment_draw::crop + 4 * i, crop))
      return crop;
  const auto part_of = [](float side, int most) { return std::clamp(static_cast<int>(std::lround(side)), 1, most); };
  const auto width = static_cast<float>(from.width), height = static_cast<float>(from.height);
  if (width / height < how.ratio_min) crop.height = part_of(width / how.ratio_min, from.height);
  if (width / height > how.ratio_max) crop.width = part_of(height * how.ratio_max, from.width);
  crop.left = (from.width - crop.width) / 2;
  crop.top = (from.height - crop.height) / 2;
  return crop;
}

/// x' = a x + b y + c, y' = d x + e y + f.
struct affine_map {
  double a, b, c, d, e, f;
};

/// From positions in the result to positions in the picture before it was rotated, sheared, zoomed and shifted about
/// its middle (in this order from the right, as in torchvision); positions are in pixels, whole numbers at corners.
inline affine_map draw_affine(int side, const augmentation& how, const random_stream& random) {
  constexpr double degree = std::numbers::pi / 180;
  const double angle = random.uniform(augment_draw::angle, -how.degrees, how.degrees) * degree;
  const double shear = random.uniform(augment_draw::shear, -how.shear, how.shear) * degree;
  const double zoom = random.uniform(augment_draw::zoom, how.zoom_min, how.zoom_max);
  const double reach = static_cast<double>(how.translate) * side;
  const double shift_x = std::round(random.uniform(augment_draw::shift_x, -1, 1) * reach);
  const double shift_y = std::round(random.uniform(augment_draw::shift_y, -1, 1) * reach);
  // The forward map is zoom * rotation(angle) * [[1, -tan(shear)], [0, 1]]; its determinant is zoom^2.
  const double a = std::cos(angle);
  const double b = -std::cos(angle) * std::tan(shear) - std::sin(angle);
  const double c = std::sin(angle);
  const double d = -std::sin(angle) * std::tan(shear) + std::cos(angle);
  affine_map map{d / zoom, -b / zoom, 0, -c / zoom, a / zoom, 0};
  const double middle = side / 2.0;
  map.c = middle - map.a * (middle + shift_x) - map.b * (middle + shift_y);
  map.f = middle - map.d * (middle + shift_x) - map.e * (middle + shift_y);
  return map;
}

/// The part with a border of the fill colour: one pixel left and above, two right and below, so that bilinear
/// sampling needs no case distinction.
inline image framed(const image& from, const pixel_window& part, const std::array<std::uint8_t, 3>& fill) {
  image out = blank_image(part.width + 3, part.height + 3, 3, pixel_mode::rgb);
  for (std::size_t i = 0; i < out.pixels.size(); i += 3) std::copy_n(fill.data(), 3, out.pixels.data() + i);
  for (int y = 0; y < part.height; ++y)
    std::copy_n(from.row(part.top + y) + part.left * 3, part.width * 3, out.row(y + 1) + 3);
  return out;
}

/// One axis of a position in a framed picture: the pixel before it, and how far it lies towards the next.
struct between_pixels {
  int pixel;
  float rest;

  /// `at` is measured in pixels from the part's edge. Half a pixel leads from corners to centres, one is the frame.
  between_pixels(double at, float last) {
    const float position = std::clamp(static_cast<float>(at + 0.5), 0.f, last);
    pixel = static_cast<int>(position);
    rest = position - static_cast<float>(pixel);
  }
  float mix(float first, float second) const { return first * (1 - rest) + second * rest; }
};

/// Planes [3, side, side] of values in [0, 255], sampled bilinearly from the part through the map.
inline void sample_affine(const image& from, const pixel_window& part, const std::array<std::uint8_t, 3>& fill,
                          const affine_map& map, int side, float* planes) {
  const image source = framed(from, part, fill);
  const std::size_t plane = static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
  const int stride = static_cast<int>(source.stride());
  const double zoom_x = static_cast<double>(part.width) / side;
  const double zoom_y = static_cast<double>(part.height) / side;
  const float right = static_cast<float>(part.width + 1);
  const float bottom = static_cast<float>(part.height + 1);
  for (int y = 0; y < side; ++y) {
    const double row_x = map.b * (y + 0.5) + map.c;
    const double row_y = map.e * (y + 0.5) + map.f;
    for (int x = 0; x < side; ++x) {
      const between_pixels across((map.a * (x + 0.5) + row_x) * zoom_x, right);
      const between_pixels down((map.d * (x + 0.5) + row_y) * zoom_y, bottom);
      const std::uint8_t* above = source.pixels.data() + down.pixel * stride + across.pixel * 3;
      const std::uint8_t* below = above + stride;
      float* out = planes + y * side + x;
      for (int c = 0; c < 3; ++c)
        out[static_cast<std::size_t>(c) * plane] =
            down.mix(across.mix(above[c], above[c + 3]), across.mix(below[c], below[c + 3]));
    }
  }
}

inline void to_planes(const image& rgb, float* planes) {
  const std::size_t plane = rgb.pixels.size() / 3;
  for (std::size_t i = 0; i < plane; ++i)
    for (std::size_t c = 0; c < 3; ++c) planes[c * plane + i] = rgb.pixels[3 * i + c];
}

/// The crop at its final size, moved, as planes [3, side, side] of values in [0, 255].
inline void place(const image& from, int side, const augmentation& how, const random_stream& random, float* planes) {
  const pixel_window crop = draw_crop(from, how, random);
  const bool moved = how.moves();
  // Bilinear sampling skips pixels when it shrinks much; then, or if nothing moves, Pillow's bicubic comes first.
  const bool shrinks = 2 * crop.width > 3 * side || 2 * crop.height > 3 * side;
  if (moved && !shrinks) return sample_affine(from, crop, how.fill, draw_affine(side, how, random), side, planes);
  const image resized = resize(cut(from, crop), side, side);
  if (moved) return sample_affine(resized, {0, 0, side, side}, how.fill, draw_affine(side, how, random), side, planes);
  to_planes(resized, planes);
}

}  // namespace clipt::inline CLIPT_BUILD::detail
