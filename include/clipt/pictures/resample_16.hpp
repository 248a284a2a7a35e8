// Pillow's two resampling passes over pictures of 16-bit greys, to the value: weights and sums in double.
#pragma once
#include <algorithm>  // clamp
#include <cstdint>    // uint8_t

#include <clipt/pictures/resample.hpp>  // resample_axis, pixel_window
#include <clipt/io/pixels.hpp>          // image

namespace clipt::inline CLIPT_BUILD::detail {

/// A weighted sum of greys that lie `step` bytes apart, rounded and clamped.
inline void resample_grey_16(const std::uint8_t* from, std::size_t step, const double* weights, int count,
                             std::uint8_t* out) {
  double sum = 0;
  for (int t = 0; t < count; ++t, from += step) {
    const double product = weights[t] * (from[0] | from[1] << 8);
    sum += product;  // a statement of its own: in one expression clang++ would round both together, unlike Pillow
  }
  const int value = std::clamp(static_cast<int>(sum + 0.5), 0, 65535);
  out[0] = static_cast<std::uint8_t>(value & 255);
  out[1] = static_cast<std::uint8_t>(value >> 8);
}

inline image horizontal_pass(const image& from, const pixel_window& part, const resample_axis<double>& axis) {
  image out = blank_image(static_cast<int>(axis.first.size()), part.height, 2, from.mode);
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x) {
      const auto i = static_cast<std::size_t>(x);
      resample_grey_16(from.row(part.top + y) + (part.left + axis.first[i]) * 2, 2, axis.of(x), axis.count[i],
                       out.row(y) + x * 2);
    }
  return out;
}

inline image vertical_pass(const image& from, const pixel_window& part, const resample_axis<double>& axis) {
  image out = blank_image(part.width, static_cast<int>(axis.first.size()), 2, from.mode);
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x) {
      const auto i = static_cast<std::size_t>(y);
      resample_grey_16(from.row(part.top + axis.first[i]) + (part.left + x) * 2, from.stride(), axis.of(y),
                       axis.count[i], out.row(y) + x * 2);
    }
  return out;
}

}  // namespace clipt::inline CLIPT_BUILD::detail
