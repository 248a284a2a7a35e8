// Means and largest elements of windows of pictures on the GPU: a thread for each number that is written.
#pragma once
#include <limits>  // numeric_limits

#include <clipt/core/dtype.hpp>       // compute_t
#include <clipt/cuda/algorithms.cuh>  // for_each
#include <clipt/cuda/context.cuh>     // device_state
#include <clipt/ops/convolution.hpp>  // ops::avg_pool2d, ops::max_pool2d

namespace clipt::inline CLIPT_BUILD {

namespace on_cuda {

/// Where a number lies in pictures [batch, height, width, channels].
struct pixel_place {
  dim_t picture, y, x, channel;

  CLIPT_HD static pixel_place of(dim_t i, dim_t height, dim_t width, dim_t channels) {
    const dim_t pixel = i / channels, row = pixel / width;
    return {row / height, row % height, pixel % width, i % channels};
  }
};

template <class T>
struct mean_body {
  pool_geometry g;
  const T* x;
  T* y;

  CLIPT_HD void operator()(int i) const {
    using C = compute_t<T>;
    const auto at = pixel_place::of(i, g.out_height(), g.out_width(), g.channels);
    C total = 0;
    for (dim_t row = at.y * g.size; row < (at.y + 1) * g.size; ++row)
      for (dim_t column = at.x * g.size; column < (at.x + 1) * g.size; ++column)
        total += static_cast<C>(x[((at.picture * g.height + row) * g.width + column) * g.channels + at.channel]);
    y[i] = static_cast<T>(total / static_cast<C>(g.size * g.size));
  }
};

template <class T>
struct mean_gradient_body {
  pool_geometry g;
  const T* dy;
  T* dx;
  bool stores;

  CLIPT_HD void operator()(int i) const {
    using C = compute_t<T>;
    const auto at = pixel_place::of(i, g.height, g.width, g.channels);
    const dim_t row = at.y / g.size, column = at.x / g.size;
    C value = 0;
    if (row < g.out_height() && column < g.out_width())
      value =
          static_cast<C>(dy[((at.picture * g.out_height() + row) * g.out_width() + column) * g.channels + at.channel]) /
          static_cast<C>(g.size * g.size);
    dx[i] = static_cast<T>(stores ? value : static_cast<C>(dx[i]) + value);
  }
};

/// The largest element of a window, the first of equals, of NaNs the last; and which of its taps that is.
template <class T>
struct largest_body {
  max_pool_geometry g;
  const T* x;
  T* y;
  std::int32_t* winners;

  CLIPT_HD void operator()(int i) const {
    using C = compute_t<T>;
    const auto at = pixel_place::of(i, g.out_height(), g.out_width(), g.channels);
    C best = -std::numeric_limits<C>::infinity();
    std::int32_t winner = -1;
    for (dim_t row = 0; row < g.window.height; ++row)
      for (dim_t column = 0; column < g.window.width; ++column) {
        const dim_t in_y = at.y * g.stride.height - g.padding.height + row;
        const dim_t in_x = at.x * g.stride.width - g.padding.width + column;
        if (in_y < 0 || in_y >= g.height || in_x < 0 || in_x >= g.width) continue;
        const C value = static_cast<C>(x[((at.picture * g.height + in_y) * g.width + in_x) * g.channels + at.channel]);
        if (winner >= 0 && !(value > best || value != value)) continue;
        best = value;
        winner = static_cast<std::int32_t>(row * g.window.width + column);
      }
    y[i] = static_cast<T>(best);
    if (winners != nullptr) winners[i] = winner;
  }
};

/// The sum of the gradients of the windows that an element won, in their order.
template <class T>
struct largest_gradient_body {
  max_pool_geometry g;
  const T* dy;
  const std::int32_t* winners;
  T* dx;
  bool stores;

  CLIPT_HD void operator()(int i) const {
    using C = compute_t<T>;
    const auto at = pixel_place::of(i, g.height, g.width, g.channels);
    C total = 0;
    for (dim_t row = g.window.height - 1; row >= 0; --row)
      for (dim_t column = g.window.width - 1; column >= 0; --column) {
        const dim_t down = at.y + g.padding.height - row, across = at.x + g.padding.width - column;
        if (down < 0 || across < 0 || down % g.stride.height != 0 || across % g.stride.width != 0) continue;
        const dim_t out_y = down / g.stride.height, out_x = across / g.stride.width;
        if (out_y >= g.out_height() || out_x >= g.out_width()) continue;
        const dim_t window = ((at.picture * g.out_height() + out_y) * g.out_width() + out_x) * g.channels + at.channel;
        if (winners[window] == row * g.window.width + column) total += static_cast<C>(dy[window]);
      }
    dx[i] = static_cast<T>(stores ? total : static_cast<C>(dx[i]) + total);
  }
};

}  // namespace on_cuda

template <>
struct kernel<ops::avg_pool2d, gpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const pool_geometry& g, const T* x, T* y) {
    on_cuda::for_each(ctx.state().stream, g.batch * g.out_height() * g.out_width() * g.channels,
                      on_cuda::mean_body<T>{g, x, y});
  }
  template <class Context, class T>
  static void backward(Context& ctx, const pool_geometry& g, const T* dy, T* dx, bool stores) {
    on_cuda::for_each(ctx.state().stream, g.batch * g.height * g.width * g.channels,
                      on_cuda::mean_gradient_body<T>{g, dy, dx, stores});
  }
};

template <>
struct kernel<ops::max_pool2d, gpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const max_pool_geometry& g, const T* x, T* y, std::int32_t* winners) {
    on_cuda::for_each(ctx.state().stream, g.batch * g.out_height() * g.out_width() * g.channels,
                      on_cuda::largest_body<T>{g, x, y, winners});
  }
  template <class Context, class T>
  static void backward(Context& ctx, const max_pool_geometry& g, const T* dy, const std::int32_t* winners, T* dx,
                       bool stores) {
    on_cuda::for_each(ctx.state().stream, g.batch * g.height * g.width * g.channels,
                      on_cuda::largest_gradient_body<T>{g, dy, winners, dx, stores});
  }
};

}  // namespace clipt::inline CLIPT_BUILD
