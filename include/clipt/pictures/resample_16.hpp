// Pillow's two resampling passes over pictures of 16-bit greys, to the value: weights and sums in double.
#pragma once
#include <algorithm>  // clamp
#include <cstdint>    // uint8_t

#include <clipt/pictures/resample.hpp>  // resample_axis
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

inline void horizontal_pass(const image& from, int origin, int top, const resample_axis<double>& axis, image& out,
                            int at) {
  for (int y = 0; y < out.height; ++y)
    for (std::size_t i = 0; i < axis.first.size(); ++i)
      resample_grey_16(from.row(top + y) + static_cast<std::ptrdiff_t>(axis.first[i] - origin) * 2, 2,
                       axis.of(static_cast<int>(i)), axis.count[i],
                       out.row(y) + (static_cast<std::size_t>(at) + i) * 2);
}

inline void vertical_pass(const image& from, int origin, int left, const resample_axis<double>& axis, image& out,
                          int at) {
  for (std::size_t i = 0; i < axis.first.size(); ++i)
    for (int x = 0; x < out.width; ++x)
      resample_grey_16(from.row(axis.first[i] - origin) + static_cast<std::ptrdiff_t>(left + x) * 2, from.stride(),
                       axis.of(static_cast<int>(i)), axis.count[i], out.row(at + static_cast<int>(i)) + x * 2);
}

}  // namespace clipt::inline CLIPT_BUILD::detail
