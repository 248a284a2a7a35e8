// Pillow's two resampling passes over pictures of 16-bit greys, to the value: weights and sums in double.
#pragma once
#include <algorithm>  // clamp, copy_n
#include <cstdint>    // uint8_t

#include <clipt/clip/resample.hpp>  // make_axis, pixel_window, interpolation
#include <clipt/io/pixels.hpp>      // image

namespace clipt::detail {

/// A weighted sum of greys that lie `step` bytes apart, rounded and clamped.
inline void resample_grey_16(const std::uint8_t* from, std::size_t step, const double* weights, int count,
                             std::uint8_t* out) {
  double sum = 0;
  for (int t = 0; t < count; ++t, from += step) sum += weights[t] * (from[0] | from[1] << 8);
  const int value = std::clamp(static_cast<int>(sum + 0.5), 0, 65535);
  out[0] = static_cast<std::uint8_t>(value & 255);
  out[1] = static_cast<std::uint8_t>(value >> 8);
}

/// The window's columns of rows [first_row, first_row + rows) at the new width.
inline image resample_width_16(const image& from, int width, const pixel_window& window, int first_row, int rows,
                               interpolation how) {
  image out = blank_image(window.width, rows, 2, from.mode);
  const auto axis = make_axis<double>(from.width, width, window.left, window.width, how);
  for (int y = 0; y < rows; ++y) {
    const std::uint8_t* row = from.row(first_row + y);
    if (width == from.width) {
      std::copy_n(row + window.left * 2, out.stride(), out.row(y));
      continue;
    }
    for (int x = 0; x < window.width; ++x) {
      const auto i = static_cast<std::size_t>(x);
      resample_grey_16(row + axis.first[i] * 2, 2, axis.of(x), axis.count[i], out.row(y) + x * 2);
    }
  }
  return out;
}

/// Both passes as in `resample`.
inline image resample_16(const image& from, int width, int height, const pixel_window& window, interpolation how) {
  if (height == from.height) return resample_width_16(from, width, window, window.top, window.height, how);
  const auto axis = make_axis<double>(from.height, height, window.top, window.height, how);
  const int first_row = axis.first.front();
  const int last_row = axis.first.back() + axis.count.back();
  const image rows = resample_width_16(from, width, window, first_row, last_row - first_row, how);
  image out = blank_image(window.width, window.height, 2, from.mode);
  for (int y = 0; y < window.height; ++y) {
    const auto i = static_cast<std::size_t>(y);
    const std::uint8_t* top = rows.row(axis.first[i] - first_row);
    for (int x = 0; x < window.width; ++x)
      resample_grey_16(top + x * 2, rows.stride(), axis.of(y), axis.count[i], out.row(y) + x * 2);
  }
  return out;
}

}  // namespace clipt::detail
