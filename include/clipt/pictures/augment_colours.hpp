// How augmentation changes colours: brightness, contrast, saturation and hue of planes of floats.
#pragma once
#include <algorithm>  // min, max, swap
#include <array>      // array
#include <cmath>      // abs
#include <cstdint>    // uint32_t

#include <clipt/core/philox.hpp>            // random_stream
#include <clipt/pictures/augmentation.hpp>  // augmentation, augment_draw

namespace clipt::inline CLIPT_BUILD::detail {

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

/// A colour in the hexagon of HSV: how far round it lies, in sixths of a turn from red, and between which channels.
struct hexagon_colour {
  float hue, low, high;

  /// Red is channel(5), green channel(3), blue channel(1): high - (high - low) min(k, 4 - k), kept in [low, high], with
  /// k = (n + hue) mod 6. A cut to int instead of a floor, because GCC vectorises it.
  float channel(float n) const {
    const float turns = static_cast<float>(static_cast<int>((n + hue) * (1 / 6.f) + 1));
    const float k = n + hue + 6 - 6 * turns;
    return std::max(low, std::min(high, high - (high - low) * std::min(k, 4 - k)));
  }
};

// With c = high - low the hue is (green - blue) / c, plus 6 where that is below 0, if red is the largest channel;
// 2 + (blue - red) / c if green is; 4 + (red - green) / c if blue is. Each of them is |origin + difference / c|, where
// the difference is that of the two other channels, or if red is the largest their distance.

/// The place in the hexagon that the hue is counted from, below 0 where the difference is taken away from it.
inline float origin_of_hue(float red, float green, float blue) {
  const float red_leads = green < blue ? -6.f : 0.f;
  const float red_follows = green < blue ? 4.f : -2.f;
  return red < std::max(green, blue) ? red_follows : red_leads;
}

/// The colour turned by `turn` sixths: minima and maxima instead of a branch for each largest channel.
inline hexagon_colour turned(float red, float green, float blue, float origin, float turn) {
  const float larger = std::max(green, blue);
  const float smaller = std::min(green, blue);
  const float middle = std::min(red, larger);
  const float high = std::max(red, larger);
  const float low = std::min(middle, smaller);
  return {turn + std::abs(origin + (middle - smaller) / (high - low + 1e-6f)), low, high};
}

inline constexpr std::size_t pixels_at_once = 256;

/// Turns the hue of up to `pixels_at_once` pixels; 1 is a whole turn. In two loops: GCC vectorises these, not one.
inline void turn_hue(float* red, float* green, float* blue, std::size_t count, float turn) {
  std::array<float, pixels_at_once> origin;
  for (std::size_t i = 0; i < count; ++i) origin[i] = origin_of_hue(red[i], green[i], blue[i]);
  for (std::size_t i = 0; i < count; ++i) {
    const hexagon_colour colour = turned(red[i], green[i], blue[i], origin[i], 6 * turn);
    red[i] = colour.channel(5);
    green[i] = colour.channel(3);
    blue[i] = colour.channel(1);
  }
}

inline void turn_hue_of_planes(float* planes, std::size_t plane, float turn) {
  float *red = planes, *green = red + plane, *blue = green + plane;
  for (std::size_t i = 0; i < plane; i += pixels_at_once)
    turn_hue(red + i, green + i, blue + i, std::min(pixels_at_once, plane - i), turn);
}

enum class colour_step { brightness, contrast, saturation, hue };

/// One of the 24 orders of the steps.
inline std::array<colour_step, 4> draw_order(const random_stream& random) {
  std::array<colour_step, 4> order{colour_step::brightness, colour_step::contrast, colour_step::saturation,
                                   colour_step::hue};
  std::uint32_t rest = random.below(augment_draw::order, 24);
  for (std::uint32_t i = 3; i > 0; --i) {
    std::swap(order[i], order[rest % (i + 1)]);
    rest /= i + 1;
  }
  return order;
}

/// Brightness, contrast, saturation and hue in a random order; what has no reach is left out.
inline void jitter(float* planes, std::size_t plane, const augmentation& how, const random_stream& random) {
  const auto factor = [&](std::uint64_t draw, float reach) {
    return random.uniform(draw, std::max(0.f, 1 - reach), 1 + reach);
  };
  for (const colour_step step : draw_order(random)) {
    if (step == colour_step::brightness && how.brightness != 0)
      blend_planes(planes, 3 * plane, factor(augment_draw::brightness, how.brightness), 0);
    if (step == colour_step::contrast && how.contrast != 0)
      blend_planes(planes, 3 * plane, factor(augment_draw::contrast, how.contrast), mean_luminance(planes, plane));
    if (step == colour_step::saturation && how.saturation != 0)
      saturate(planes, plane, factor(augment_draw::saturation, how.saturation));
    if (step == colour_step::hue && how.hue != 0)
      turn_hue_of_planes(planes, plane, random.uniform(augment_draw::hue, -how.hue, how.hue));
  }
}

}  // namespace clipt::inline CLIPT_BUILD::detail
