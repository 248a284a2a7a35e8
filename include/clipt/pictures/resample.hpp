// Pillow's two resampling passes over 8-bit pictures, to the byte: filters, weights and sums.
#pragma once
#include <algorithm>    // max, min, clamp
#include <array>        // array
#include <cmath>        // ceil, abs
#include <cstdint>      // uint8_t
#include <cstring>      // memcpy
#include <span>         // span
#include <tuple>        // tie
#include <type_traits>  // is_integral_v
#include <utility>      // pair
#include <vector>       // vector

#include <clipt/io/pixels.hpp>  // image

namespace clipt::inline CLIPT_BUILD {

/// How pixels between pixels are found; both antialiased when a picture shrinks.
enum class interpolation { bicubic, bilinear };

namespace detail {

/// The part of a resized picture that is wanted: columns [left, left + width), rows [top, top + height).
struct pixel_window {
  int left, top, width, height;
};

/// Keys' cubic convolution kernel with a = -1/2.
inline double keys_cubic(double t) {
  constexpr double a = -0.5;
  t = std::abs(t);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  if (t < 2) return (((t - 5) * t + 8) * t - 4) * a;
  return 0;
}

inline double triangle(double t) { return std::max(0.0, 1 - std::abs(t)); }

/// A filter and how far it reaches, in pixels of the smaller picture.
struct resample_filter {
  double (*at)(double);
  double support;
};

inline resample_filter filter_of(interpolation how) {
  return how == interpolation::bicubic ? resample_filter{keys_cubic, 2} : resample_filter{triangle, 1};
}

/// Which inputs each output of one axis reads, and how much of each.
template <class Weight>
struct resample_axis {
  int taps = 0;                   // weights are [outputs, taps], zero beyond count
  std::vector<int> first, count;  // [outputs]
  std::vector<Weight> weights;    // [outputs, taps]

  const Weight* of(int output) const {
    return weights.data() + static_cast<std::size_t>(output) * static_cast<std::size_t>(taps);
  }

  /// Counts inputs from the first that is read on; returns that one's position and how many inputs are read.
  std::pair<int, int> move_to_origin() {
    const int origin = first.front();
    const int end = first.back() + count.back();
    for (int& position : first) position -= origin;
    return {origin, end - origin};
  }
};

inline constexpr int weight_bits = 22;  // Pillow's PRECISION_BITS: 32 - 8 - 2

/// Whole weights, of 8-bit pictures, are in units of 2^-22.
template <class Weight>
Weight to_weight(double exact) {
  if constexpr (std::is_integral_v<Weight>) exact = exact * (1 << weight_bits) + (exact < 0 ? -0.5 : 0.5);
  return static_cast<Weight>(exact);
}

/// Outputs [from, from + outputs) of an axis that goes from `in` to `out` pixels.
template <class Weight>
resample_axis<Weight> make_axis(int in, int out, int from, int outputs, interpolation how) {
  const resample_filter filter = filter_of(how);
  const double scale = static_cast<double>(in) / out;
  const double stretch = std::max(scale, 1.0);
  const double support = filter.support * stretch;
  resample_axis<Weight> axis;
  axis.taps = 2 * static_cast<int>(std::ceil(support)) + 1;
  axis.weights.resize(static_cast<std::size_t>(outputs) * static_cast<std::size_t>(axis.taps));
  std::vector<double> exact(static_cast<std::size_t>(axis.taps));
  Weight* weights = axis.weights.data();
  for (int i = from; i < from + outputs; ++i, weights += axis.taps) {
    const double centre = (i + 0.5) * scale;
    const int low = std::max(0, static_cast<int>(centre - support + 0.5));
    const int count = std::min(in, static_cast<int>(centre + support + 0.5)) - low;
    double sum = 0;
    for (int x = 0; x < count; ++x) {
      // The reciprocal is Pillow's choice; dividing by `stretch` would move the last bit of some weights.
      const double weight = filter.at((x + low - centre + 0.5) * (1.0 / stretch));
      exact[static_cast<std::size_t>(x)] = weight;
      sum += weight;
    }
    for (int x = 0; x < count; ++x)
      weights[x] = to_weight<Weight>(sum != 0 ? exact[static_cast<std::size_t>(x)] / sum : 0);
    axis.first.push_back(low);
    axis.count.push_back(count);
  }
  return axis;
}

using byte_axis = resample_axis<std::int32_t>;

// Eight 32-bit integers as GCC's and Clang's vector type: left to themselves, both compilers keep such sums in memory.
using int_lanes = std::int32_t __attribute__((vector_size(32)));

inline std::uint8_t to_byte(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> weight_bits, 0, 255));
}

/// One row of one or two channels through the horizontal pass.
template <int Channels>
void resample_row(const std::uint8_t* row, const byte_axis& axis, int outputs, std::uint8_t* out) {
  for (int x = 0; x < outputs; ++x, out += Channels) {
    const std::uint8_t* pixel = row + axis.first[static_cast<std::size_t>(x)] * Channels;
    const std::int32_t* weights = axis.of(x);
    const int count = axis.count[static_cast<std::size_t>(x)];
    for (int c = 0; c < Channels; ++c) {
      std::int32_t sum = 1 << (weight_bits - 1);
      for (int t = 0; t < count; ++t) sum += weights[t] * pixel[t * Channels + c];
      out[c] = to_byte(sum);
    }
  }
}

/// Rows of three or four channels through the horizontal pass: pixels are widened to four integers and two taps are
/// taken at once, so that the innermost loop is one 8-lane multiply and add.
class wide_row_resampler {
 public:
  wide_row_resampler(const byte_axis& axis, int width)
      : axis_(axis), pairs_((axis.taps + 1) / 2), sums_(axis.first.size() * 8),
        row_(static_cast<std::size_t>(width + 2) * 4) {
    const std::size_t outputs = axis.first.size();
    weights_.resize(outputs * static_cast<std::size_t>(pairs_) * 8);
    for (std::size_t x = 0; x < outputs; ++x)
      for (int t = 0; t < axis.taps; ++t)
        std::fill_n(weights_.begin() + (static_cast<std::ptrdiff_t>(x) * pairs_ * 2 + t) * 4, 4,
                    axis.of(static_cast<int>(x))[t]);
  }

  template <int Channels>
  void operator()(const std::uint8_t* row, int width, std::uint8_t* out) {
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < Channels; ++c) row_[static_cast<std::size_t>(x * 4 + c)] = row[x * Channels + c];
    const std::int32_t* weights = weights_.data();
    for (std::size_t x = 0; x < axis_.first.size(); ++x, weights += pairs_ * 8) {
      const std::int32_t* pixel = row_.data() + axis_.first[x] * 4;
      int_lanes sums{};
      for (int t = 0; t < axis_.count[x] * 4; t += 8) {
        int_lanes weight, value;
        std::memcpy(&weight, weights + t, sizeof(weight));
        std::memcpy(&value, pixel + t, sizeof(value));
        sums += weight * value;
      }
      std::memcpy(sums_.data() + x * 8, &sums, sizeof(sums));
    }
    for (std::size_t x = 0; x < axis_.first.size(); ++x, out += Channels)
      for (std::size_t c = 0; c < Channels; ++c)
        out[c] = to_byte(sums_[x * 8 + c] + sums_[x * 8 + c + 4] + (1 << (weight_bits - 1)));
  }

 private:
  const byte_axis& axis_;
  int pairs_;
  std::vector<std::int32_t> weights_;  // [outputs, pairs, 2, 4]
  std::vector<std::int32_t> sums_;     // [outputs, 2, 4]
  std::vector<std::int32_t> row_;      // [width + 2, 4]: an odd count reads one pixel more, with weight zero
};

/// `taps` rows of bytes from `top` on, `stride` apart, summed up with their weights.
inline void resample_column(const std::uint8_t* top, std::size_t stride, const std::int32_t* weight, int taps,
                            std::span<std::uint8_t> out) {
  constexpr std::size_t strip = 1024;  // sums of so many bytes stay in the first-level cache
  std::array<std::int32_t, strip> sums;
  for (std::size_t start = 0; start < out.size(); start += strip) {
    const std::size_t size = std::min(strip, out.size() - start);
    std::fill_n(sums.data(), size, 1 << (weight_bits - 1));
    const std::uint8_t* source = top + start;
    int t = 0;
    for (; t + 4 <= taps; t += 4, source += 4 * stride)
      for (std::size_t i = 0; i < size; ++i)
        sums[i] += weight[t] * source[i] + weight[t + 1] * source[i + stride] + weight[t + 2] * source[i + 2 * stride] +
                   weight[t + 3] * source[i + 3 * stride];
    for (; t < taps; ++t, source += stride)
      for (std::size_t i = 0; i < size; ++i) sums[i] += weight[t] * source[i];
    for (std::size_t i = 0; i < size; ++i) out[start + i] = to_byte(sums[i]);
  }
}

/// The rows of a part of the picture at the axis' new width.
inline image horizontal_pass(const image& from, const pixel_window& part, const byte_axis& axis) {
  const int outputs = static_cast<int>(axis.first.size());
  image out = blank_image(outputs, part.height, from.channels, from.mode);
  wide_row_resampler wide(axis, part.width);
  for (int y = 0; y < part.height; ++y) {
    const std::uint8_t* row = from.row(part.top + y) + part.left * from.channels;
    if (from.channels == 1) resample_row<1>(row, axis, outputs, out.row(y));
    if (from.channels == 2) resample_row<2>(row, axis, outputs, out.row(y));
    if (from.channels == 3) wide.operator()<3>(row, part.width, out.row(y));
    if (from.channels == 4) wide.operator()<4>(row, part.width, out.row(y));
  }
  return out;
}

/// The columns of a part of the picture at the axis' new height.
inline image vertical_pass(const image& from, const pixel_window& part, const byte_axis& axis) {
  image out = blank_image(part.width, static_cast<int>(axis.first.size()), from.channels, from.mode);
  for (int y = 0; y < out.height; ++y) {
    const auto i = static_cast<std::size_t>(y);
    resample_column(from.row(part.top + axis.first[i]) + part.left * from.channels, from.stride(), axis.of(y),
                    axis.count[i], {out.row(y), out.stride()});
  }
  return out;
}

inline image cut(const image& from, const pixel_window& part) {
  image out = blank_image(part.width, part.height, from.channels, from.mode);
  for (int y = 0; y < part.height; ++y)
    std::copy_n(from.row(part.top + y) + part.left * from.channels, out.stride(), out.row(y));
  return out;
}

/// The window of the picture at another size: both passes, on what they read alone, the first one rounded before the
/// second; an axis that keeps its size is not resampled.
///
/// The vertical pass comes first where it takes away more than twice as many rows as the horizontal one columns: so
/// does Pillow 13, while earlier versions always begin horizontally, which changes some bytes of tall pictures by one.
template <class Weight>
image resample(const image& from, int width, int height, const pixel_window& window, interpolation how) {
  pixel_window part = window;
  resample_axis<Weight> columns, rows;
  if (width != from.width) {
    columns = make_axis<Weight>(from.width, width, window.left, window.width, how);
    std::tie(part.left, part.width) = columns.move_to_origin();
  }
  if (height != from.height) {
    rows = make_axis<Weight>(from.height, height, window.top, window.height, how);
    std::tie(part.top, part.height) = rows.move_to_origin();
  }
  if (width == from.width && height == from.height) return cut(from, part);
  if (height == from.height) return horizontal_pass(from, part, columns);
  if (width == from.width) return vertical_pass(from, part, rows);
  if (height < from.height && from.height - height > 2 * (std::int64_t{from.width} - width)) {
    const image low = vertical_pass(from, part, rows);
    return horizontal_pass(low, {0, 0, low.width, low.height}, columns);
  }
  const image narrow = horizontal_pass(from, part, columns);
  return vertical_pass(narrow, {0, 0, narrow.width, narrow.height}, rows);
}

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD
