// Pillow's two resampling passes over 8-bit pictures, to the byte: filters, weights and sums.
#pragma once
#include <algorithm>    // max, min, clamp
#include <array>        // array
#include <cmath>        // ceil, abs
#include <cstdint>      // uint8_t
#include <cstring>      // memcpy
#include <span>         // span
#include <type_traits>  // is_integral_v
#include <utility>      // pair
#include <vector>       // vector

#include <clipt/io/pixels.hpp>  // image

namespace clipt::inline CLIPT_BUILD {

/// How pixels between pixels are found; both antialiased when a picture shrinks.
enum class interpolation { bicubic, bilinear };

namespace detail {

/// A part of a picture: columns [left, left + width), rows [top, top + height).
struct pixel_window {
  int left, top, width, height;
};

/// The part of a scaled picture that is wanted: the picture may be larger than one that could be held.
struct scaled_window {
  std::int64_t left, top;
  int width, height;
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
struct scaled_axis {
  int in;
  std::int64_t out, from;
  int outputs;
  interpolation how;

  double scale() const { return static_cast<double>(in) / static_cast<double>(out); }
  double support() const { return filter_of(how).support * std::max(scale(), 1.0); }
  double centre(int output) const { return (static_cast<double>(from + output) + 0.5) * scale(); }
  int low(int output) const { return std::max(0, static_cast<int>(centre(output) - support() + 0.5)); }
  int end(int output) const { return std::min(in, static_cast<int>(centre(output) + support() + 0.5)); }

  /// How many inputs one output reads at most.
  int taps() const { return static_cast<int>(std::min<double>(in, 2 * std::ceil(support()) + 1)); }

  /// The first input that is read, and how many are from there on.
  std::pair<int, int> inputs() const { return {low(0), end(outputs - 1) - low(0)}; }
};

template <class Weight>
resample_axis<Weight> make_axis(const scaled_axis& scaled) {
  const resample_filter filter = filter_of(scaled.how);
  const double stretch = std::max(scaled.scale(), 1.0);
  resample_axis<Weight> axis;
  axis.taps = scaled.taps();
  axis.weights.resize(static_cast<std::size_t>(scaled.outputs) * static_cast<std::size_t>(axis.taps));
  std::vector<double> exact(static_cast<std::size_t>(axis.taps));
  Weight* weights = axis.weights.data();
  for (int i = 0; i < scaled.outputs; ++i, weights += axis.taps) {
    const double centre = scaled.centre(i);
    const int low = scaled.low(i);
    const int count = scaled.end(i) - low;
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

/// How many weights are held at once: those of a strip of millions of pixels would take many times its own memory.
inline constexpr int weights_at_once = 1 << 18;

/// Calls `use(axis, done)` for all outputs, some at a time; `done` are those before.
template <class Weight, class Use>
void for_each_part(scaled_axis scaled, const Use& use) {
  const int outputs = scaled.outputs, most = std::max(1, weights_at_once / scaled.taps());
  for (int done = 0; done < outputs; done += scaled.outputs, scaled.from += scaled.outputs) {
    scaled.outputs = std::min(most, outputs - done);
    use(make_axis<Weight>(scaled), done);
  }
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
  wide_row_resampler(const byte_axis& axis, int width, int channels) : axis_(axis), pairs_((axis.taps + 1) / 2) {
    if (channels < 3) return;
    sums_.resize(axis.first.size() * 8);
    row_.resize(static_cast<std::size_t>(width + 2) * 4);
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

/// Rows [top, top + out.height) of a picture through the horizontal pass, into columns [at, ...) of `out`; the axis counts
/// inputs from `origin`, which is the picture's first column.
inline void horizontal_pass(const image& from, int origin, int top, byte_axis axis, image& out, int at) {
  const int outputs = static_cast<int>(axis.first.size());
  const auto [left, width] = axis.move_to_origin();
  wide_row_resampler wide(axis, width, from.channels);
  for (int y = 0; y < out.height; ++y) {
    const std::uint8_t* row = from.row(top + y) + static_cast<std::ptrdiff_t>(left - origin) * from.channels;
    std::uint8_t* to = out.row(y) + static_cast<std::ptrdiff_t>(at) * from.channels;
    if (from.channels == 1) resample_row<1>(row, axis, outputs, to);
    if (from.channels == 2) resample_row<2>(row, axis, outputs, to);
    if (from.channels == 3) wide.operator()<3>(row, width, to);
    if (from.channels == 4) wide.operator()<4>(row, width, to);
  }
}

/// Columns [left, left + out.width) of a picture through the vertical pass, into rows [at, ...) of `out`.
inline void vertical_pass(const image& from, int origin, int left, const byte_axis& axis, image& out, int at) {
  for (std::size_t i = 0; i < axis.first.size(); ++i)
    resample_column(from.row(axis.first[i] - origin) + static_cast<std::ptrdiff_t>(left) * from.channels, from.stride(),
                    axis.of(static_cast<int>(i)), axis.count[i], {out.row(at + static_cast<int>(i)), out.stride()});
}

/// Rows [top, top + height) at another width. `origin` is which input of the axis the first column is.
template <class Weight>
image resample_columns(const image& from, int origin, int top, int height, const scaled_axis& columns) {
  image out = blank_image(columns.outputs, height, from.channels, from.mode);
  for_each_part<Weight>(
      columns, [&](const resample_axis<Weight>& axis, int at) { horizontal_pass(from, origin, top, axis, out, at); });
  return out;
}

/// Columns [left, left + width) at another height. `origin` is which input of the axis the first row is.
template <class Weight>
image resample_rows(const image& from, int origin, int left, int width, const scaled_axis& rows) {
  image out = blank_image(width, rows.outputs, from.channels, from.mode);
  for_each_part<Weight>(
      rows, [&](const resample_axis<Weight>& axis, int at) { vertical_pass(from, origin, left, axis, out, at); });
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
image resample(const image& from, std::int64_t width, std::int64_t height, const scaled_window& window,
               interpolation how) {
  const scaled_axis columns{from.width, width, window.left, window.width, how},
      rows{from.height, height, window.top, window.height, how};
  if (width == from.width && height == from.height)
    return cut(from, {static_cast<int>(window.left), static_cast<int>(window.top), window.width, window.height});
  if (height == from.height)
    return resample_columns<Weight>(from, 0, static_cast<int>(window.top), window.height, columns);
  if (width == from.width) return resample_rows<Weight>(from, 0, static_cast<int>(window.left), window.width, rows);
  if (height < from.height && from.height - height > 2 * (from.width - width)) {
    const auto [left, read] = columns.inputs();
    return resample_columns<Weight>(resample_rows<Weight>(from, 0, left, read, rows), left, 0, window.height, columns);
  }
  const auto [top, read] = rows.inputs();
  return resample_rows<Weight>(resample_columns<Weight>(from, 0, top, read, columns), top, 0, window.width, rows);
}

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD
