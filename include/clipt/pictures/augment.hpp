// Training augmentation of pictures: one pure function of the picture, the settings and a random stream.
#pragma once
#include <algorithm>  // min, max, clamp, swap
#include <array>      // array
#include <cmath>      // sin, cos, tan, sqrt, exp, log, floor, lround
#include <cstdint>    // uint8_t
#include <numbers>    // pi
#include <vector>     // vector

#include <fmt/format.h>  // format

#include <clipt/pictures/image.hpp>   // to_rgb, clip_statistics
#include <clipt/pictures/resize.hpp>  // resize, cut
#include <clipt/core/error.hpp>       // shape_error
#include <clipt/core/philox.hpp>      // random_stream
#include <clipt/io/pixels.hpp>        // image

namespace clipt::inline CLIPT_BUILD {

/// What may happen to a picture in training; names, ranges and distributions are torchvision's.
///
/// The defaults are open_clip's: a random crop of 90 to 100 % of the area and nothing else.
struct augmentation {
  // RandomResizedCrop: part of the area, width / height of the crop.
  float scale_min = 0.9f, scale_max = 1;
  float ratio_min = 0.75f, ratio_max = 4 / 3.f;
  // RandomAffine: rotation in +-degrees, shift in +-translate of the side, zoom, horizontal shear in +-degrees.
  float degrees = 0, translate = 0, zoom_min = 1, zoom_max = 1, shear = 0;
  std::array<std::uint8_t, 3> fill{255, 255, 255};  // what the affine map uncovers
  bool flip = false;                                // left and right change places with probability 1/2
  // ColorJitter: factors from [max(0, 1 - x), 1 + x], hue in turns from [-hue, hue], applied in random order.
  float brightness = 0, contrast = 0, saturation = 0, hue = 0;
  float grey = 0;   // probability of losing all colour
  float erase = 0;  // probability of a rectangle (2 to 33 % of the area) of CLIP's mean colour

  /// Whether the picture is rotated, shifted, zoomed or sheared at all.
  bool moves() const { return degrees != 0 || translate != 0 || zoom_min != 1 || zoom_max != 1 || shear != 0; }
};

namespace detail {

/// Where each random decision of `augment` finds its number in the stream; the tries take four numbers each.
struct augment_draw {
  static constexpr std::uint64_t crop = 0, angle = 40, shift_x = 41, shift_y = 42, zoom = 43, shear = 44, flip = 45,
                                 brightness = 46, contrast = 47, saturation = 48, hue = 49, order = 50, grey = 51,
                                 erase = 52, erase_tries = 56;
  static constexpr std::uint64_t tries = 10;
};

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
  const float ratio = static_cast<float>(from.width) / static_cast<float>(from.height);
  if (ratio < how.ratio_min)
    crop.height =
        std::clamp(static_cast<int>(std::lround(static_cast<float>(from.width) / how.ratio_min)), 1, from.height);
  if (ratio > how.ratio_max)
    crop.width =
        std::clamp(static_cast<int>(std::lround(static_cast<float>(from.height) * how.ratio_max)), 1, from.width);
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
      // Half a pixel from corner to centre positions, and one pixel of border.
      const float at_x = std::clamp(static_cast<float>((map.a * (x + 0.5) + row_x) * zoom_x + 0.5), 0.f, right);
      const float at_y = std::clamp(static_cast<float>((map.d * (x + 0.5) + row_y) * zoom_y + 0.5), 0.f, bottom);
      const int left = static_cast<int>(at_x);
      const int top = static_cast<int>(at_y);
      const float u = at_x - static_cast<float>(left);
      const float v = at_y - static_cast<float>(top);
      const std::uint8_t* pixel = source.pixels.data() + top * stride + left * 3;
      float* out = planes + y * side + x;
      for (int c = 0; c < 3; ++c) {
        const float above = static_cast<float>(pixel[c]) * (1 - u) + static_cast<float>(pixel[c + 3]) * u;
        const float below =
            static_cast<float>(pixel[c + stride]) * (1 - u) + static_cast<float>(pixel[c + stride + 3]) * u;
        out[static_cast<std::size_t>(c) * plane] = above * (1 - v) + below * v;
      }
    }
  }
}

/// The crop at its final size, moved, as planes [3, side, side] of values in [0, 255].
inline void place(const image& from, int side, const augmentation& how, const random_stream& random, float* planes) {
  pixel_window crop = draw_crop(from, how, random);
  const bool moved = how.moves();
  // Bilinear sampling skips pixels when it shrinks much; then (or when it is all there is) Pillow's bicubic comes
  // first.
  const bool shrinks = 2 * crop.width > 3 * side || 2 * crop.height > 3 * side;
  if (moved && !shrinks) return sample_affine(from, crop, how.fill, draw_affine(side, how, random), side, planes);
  const image resized = resize(cut(from, crop), side, side);
  if (moved) return sample_affine(resized, {0, 0, side, side}, how.fill, draw_affine(side, how, random), side, planes);
  const std::size_t plane = static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
  for (std::size_t i = 0; i < plane; ++i)
    for (std::size_t c = 0; c < 3; ++c) planes[c * plane + i] = resized.pixels[3 * i + c];
}

inline float luminance(float red, float green, float blue) { return 0.2989f * red + 0.587f * green + 0.114f * blue; }

inline float to_range(float value) { return std::min(std::max(value, 0.f), 255.f); }

/// value = factor value + (1 - factor) other, kept in [0, 255].
inline void blend_planes(float* planes, std::size_t count, float factor, float other) {
  const float offset = (1 - factor) * other;
  for (std::size_t i = 0; i < count; ++i) planes[i] = to_range(factor * planes[i] + offset);
}

inline float mean_luminance(const float* planes, std::size_t plane) {
  std::array<float, 16> sums{};  // fixed partial sums: same result for any vector width
  std::size_t i = 0;
  for (; i + 16 <= plane; i += 16)
    for (std::size_t k = 0; k < 16; ++k)
      sums[k] += luminance(planes[i + k], planes[plane + i + k], planes[2 * plane + i + k]);
  for (; i < plane; ++i) sums[0] += luminance(planes[i], planes[plane + i], planes[2 * plane + i]);
  float sum = 0;
  for (const float part : sums) sum += part;
  return sum / static_cast<float>(plane);
}

/// Moves each pixel away from (factor > 1) or towards (< 1) its own grey; 0 makes a grey picture.
inline void saturate(float* red, std::size_t plane, float factor) {
  float* green = red + plane;
  float* blue = green + plane;
  for (std::size_t i = 0; i < plane; ++i) {
    const float offset = (1 - factor) * luminance(red[i], green[i], blue[i]);
    red[i] = to_range(factor * red[i] + offset);
    green[i] = to_range(factor * green[i] + offset);
    blue[i] = to_range(factor * blue[i] + offset);
  }
}

/// Turns the hue of up to 256 pixels in the hexagon of HSV by 6 * turn sectors.
///
/// Sorting the channels gives the hue without a branch per sector; a component is then high - range * min(k, 4 - k)
/// kept in [low, high], with k = (n + hue) mod 6 and n = 5, 3, 1 for red, green, blue. Two loops and a cut to int
/// instead of a floor, because GCC vectorises these and not the obvious form.
inline void turn_hue(float* red, float* green, float* blue, std::size_t count, float turn) {
  std::array<float, 256> sector;
  for (std::size_t i = 0; i < count; ++i) {
    const float red_leads = green[i] < blue[i] ? -6.f : 0.f;
    const float red_follows = green[i] < blue[i] ? 4.f : -2.f;
    sector[i] = red[i] < std::max(green[i], blue[i]) ? red_follows : red_leads;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const float larger = std::max(green[i], blue[i]);
    const float smaller = std::min(green[i], blue[i]);
    const float middle = std::min(red[i], larger);
    const float high = std::max(red[i], larger);
    const float low = std::min(middle, smaller);
    const float hue = 6 * turn + std::abs(sector[i] + (middle - smaller) / (high - low + 1e-6f));
    const auto component = [=](float n) {
      const float k = n + hue + 6 - 6 * static_cast<float>(static_cast<int>((n + hue) * (1 / 6.f) + 1));
      return std::max(low, std::min(high, high - (high - low) * std::min(k, 4 - k)));
    };
    red[i] = component(5);
    green[i] = component(3);
    blue[i] = component(1);
  }
}

/// Brightness, contrast, saturation and hue in a random order.
inline void jitter(float* planes, std::size_t plane, const augmentation& how, const random_stream& random) {
  const auto factor = [&](std::uint64_t draw, float reach) {
    return random.uniform(draw, std::max(0.f, 1 - reach), 1 + reach);
  };
  std::array<int, 4> order{0, 1, 2, 3};
  std::uint32_t rest = random.below(augment_draw::order, 24);
  for (std::uint32_t i = 3; i > 0; --i) {
    std::swap(order[i], order[rest % (i + 1)]);
    rest /= i + 1;
  }
  for (const int step : order) {
    if (step == 0 && how.brightness != 0)
      blend_planes(planes, 3 * plane, factor(augment_draw::brightness, how.brightness), 0);
    if (step == 1 && how.contrast != 0)
      blend_planes(planes, 3 * plane, factor(augment_draw::contrast, how.contrast), mean_luminance(planes, plane));
    if (step == 2 && how.saturation != 0) saturate(planes, plane, factor(augment_draw::saturation, how.saturation));
    if (step == 3 && how.hue != 0) {
      const float turn = random.uniform(augment_draw::hue, -how.hue, how.hue);
      for (std::size_t i = 0; i < plane; i += 256)
        turn_hue(planes + i, planes + plane + i, planes + 2 * plane + i, std::min<std::size_t>(256, plane - i), turn);
    }
  }
}

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
