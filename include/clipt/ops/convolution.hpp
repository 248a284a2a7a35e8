// Convolution and pooling of pictures with the channels last: tags, geometry, and the shapes of their results.
#pragma once
#include <clipt/core/dims.hpp>   // dim_t
#include <clipt/ops/kernel.hpp>  // kernel, for which these are tags

namespace clipt::inline CLIPT_BUILD {

namespace ops {

/// y = x convolved with the filters, cross-correlation with zeros around the pictures, and what an epilogue says.
///
/// `forward(ctx, conv_geometry, x, weight, y, conv_epilogue)`; `backward(ctx, conv_geometry, x, weight, g)`: x and weight
/// opened.
struct conv2d {};

/// y = the means of squares of pixels.
///
/// `forward(ctx, pool_geometry, x, y)`; `backward(ctx, pool_geometry, g, dx, stores)`.
struct avg_pool2d {};

/// y = the largest of windows of pixels; `winners`, as y or null, becomes the number of the window's tap that it was.
///
/// `forward(ctx, max_pool_geometry, x, y, winners)`; `backward(ctx, max_pool_geometry, g, winners, dx, stores)`.
struct max_pool2d {};

}  // namespace ops

/// A number for each axis of a picture; one number stands for both: `conv2d<2, extent2d{1, 0}>(ctx, x, weight)`.
struct extent2d {
  dim_t height, width;

  constexpr extent2d(dim_t both) : height(both), width(both) {}
  constexpr extent2d(dim_t height, dim_t width) : height(height), width(width) {}
  constexpr bool operator==(const extent2d&) const = default;
};

/// A window that is moved over pictures: `moving_window<3, 1, 0>::lies_in<2>`; Size counts what lies between its taps.
template <dim_t Size, dim_t Stride, dim_t Padding>
struct moving_window {
  static constexpr bool moves = Size >= 1 && Stride >= 1 && Padding >= 0;
  static constexpr bool pads_by_half_at_most = 2 * Padding <= Size;
  template <dim_t Extent>
  static constexpr bool lies_in = Extent < 0 || Extent + 2 * Padding >= Size;
};

namespace detail {

/// Positions of a window that moves by `stride` over an extent with `padding` zeros on both sides.
constexpr dim_t window_positions(dim_t extent, dim_t window, dim_t stride, dim_t padding) {
  return stride < 1 || extent + 2 * padding < window ? 0 : (extent + 2 * padding - window) / stride + 1;
}

/// The result's extent in a type: computed where the input's is known, else the same name.
constexpr dim_t window_extent(dim_t extent, dim_t window, dim_t stride, dim_t padding) {
  return extent < 0 ? extent : window_positions(extent, window, stride, padding);
}

/// A picture's extent stays a runtime one only where its value does not change: a name stands for one value.
template <dim_t Window, dim_t Stride, dim_t Padding, dim_t Extent>
struct window_over {
  static constexpr bool keeps_names = Extent >= 0 || (Stride == 1 && 2 * Padding == Window - 1);
};

}  // namespace detail

/// How far a window reaches whose taps lie `dilation` pixels apart.
constexpr dim_t window_span(dim_t taps, dim_t dilation) { return (taps - 1) * dilation + 1; }

/// A convolution over pictures with the channels last: x [batch, height, width, in], weight
/// [out, in / groups, kernel height, kernel width] (the order of checkpoints), y [batch, out_height, out_width, out].
struct conv_geometry {
  dim_t batch, height, width, in, out;
  extent2d kernel, stride, padding, dilation = 1;
  dim_t groups = 1;

  constexpr extent2d span() const {
    return {window_span(kernel.height, dilation.height), window_span(kernel.width, dilation.width)};
  }
  constexpr dim_t out_height() const {
    return detail::window_positions(height, span().height, stride.height, padding.height);
  }
  constexpr dim_t out_width() const {
    return detail::window_positions(width, span().width, stride.width, padding.width);
  }
  /// Channels that one group reads and writes.
  constexpr dim_t group_in() const { return in / groups; }
  constexpr dim_t group_out() const { return out / groups; }
  constexpr dim_t taps() const { return kernel.height * kernel.width; }
  /// Numbers in one filter.
  constexpr dim_t depth() const { return taps() * group_in(); }
};

/// What follows a convolution before its results are written: y = max(0, scale sum + shift + added), or the same without
/// max. `scale`, `shift`: [out], `added`: as y; each may be null.
template <class T>
struct conv_epilogue {
  const T* scale = nullptr;
  const T* shift = nullptr;
  const T* added = nullptr;
  bool rectified = false;
};

/// Means of squares of `size` x `size` pixels, side by side, of pictures [batch, height, width, channels]; rows and
/// columns that fill no square are left out.
struct pool_geometry {
  dim_t batch, height, width, channels, size;

  constexpr dim_t out_height() const { return height / size; }
  constexpr dim_t out_width() const { return width / size; }
};

/// Windows over pictures [batch, height, width, channels], whose padding loses against every pixel.
struct max_pool_geometry {
  dim_t batch, height, width, channels;
  extent2d window, stride, padding;

  constexpr dim_t out_height() const {
    return detail::window_positions(height, window.height, stride.height, padding.height);
  }
  constexpr dim_t out_width() const {
    return detail::window_positions(width, window.width, stride.width, padding.width);
  }
};

}  // namespace clipt::inline CLIPT_BUILD
