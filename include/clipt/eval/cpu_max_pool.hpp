// Max pooling with the channels last on the CPU, and its gradient.
#pragma once
#include <algorithm>  // fill_n, max, min
#include <cstdint>    // int32_t
#include <limits>     // numeric_limits

#include <clipt/core/dtype.hpp>          // compute_t
#include <clipt/eval/cpu_pool.hpp>       // worth_a_thread_of_memory
#include <clipt/eval/matrix.hpp>         // update
#include <clipt/eval/parallel.hpp>       // parallel_for
#include <clipt/eval/thread_buffer.hpp>  // thread_buffer
#include <clipt/ops/convolution.hpp>     // max_pool_geometry

namespace clipt::inline CLIPT_BUILD::on_cpu {

namespace detail {

/// The part [first, end) of a window's taps that lies within the picture, along one axis.
struct window_taps {
  dim_t first, end;

  static window_taps of(dim_t position, dim_t window, dim_t stride, dim_t padding, dim_t extent) {
    const dim_t begin = position * stride - padding;
    return {std::max<dim_t>(0, -begin), std::min(window, extent - begin)};
  }
};

/// The windows [first, end) that see a pixel, along one axis.
struct seen_by {
  dim_t first, end;

  static seen_by of(dim_t pixel, dim_t window, dim_t stride, dim_t padding, dim_t positions) {
    const dim_t past = pixel + padding - window;  // the last pixel's place in front of the window
    return {past < 0 ? 0 : past / stride + 1, std::min(positions, (pixel + padding) / stride + 1)};
  }
};

/// The largest element of one window in each channel, and which tap it is.
template <class T>
void largest_of_window(const max_pool_geometry& g, const T* picture, dim_t oy, dim_t ox, T* best,
                       std::int32_t* winner) {
  using C = compute_t<T>;
  const auto down = window_taps::of(oy, g.window.height, g.stride.height, g.padding.height, g.height);
  const auto across = window_taps::of(ox, g.window.width, g.stride.width, g.padding.width, g.width);
  std::fill_n(best, g.channels, static_cast<T>(-std::numeric_limits<float>::infinity()));
  std::fill_n(winner, g.channels, static_cast<std::int32_t>(down.first * g.window.width + across.first));
  for (dim_t i = down.first; i < down.end; ++i)
    for (dim_t j = across.first; j < across.end; ++j) {
      const dim_t y = oy * g.stride.height - g.padding.height + i, x = ox * g.stride.width - g.padding.width + j;
      const T* pixel = picture + (y * g.width + x) * g.channels;
      const auto tap = static_cast<std::int32_t>(i * g.window.width + j);
      for (dim_t c = 0; c < g.channels; ++c) {
        const C value = static_cast<C>(pixel[c]);
        const bool wins = value > static_cast<C>(best[c]) || value != value;
        best[c] = wins ? pixel[c] : best[c];
        winner[c] = wins ? tap : winner[c];
      }
    }
}

}  // namespace detail

/// y = the largest elements of windows; `winners`, if it is not null, their taps' numbers.
template <class T>
void max_pool2d(const max_pool_geometry& g, const T* x, T* y, std::int32_t* winners, int threads) {
  struct unused_winners;
  if (g.batch * g.height * g.width * g.channels < detail::worth_a_thread_of_memory) threads = 1;
  parallel_for(threads, g.batch * g.out_height(), [=](dim_t row) {
    const T* picture = x + row / g.out_height() * g.height * g.width * g.channels;
    std::int32_t* const unused = winners ? nullptr : thread_buffer<unused_winners, std::int32_t>(g.channels);
    for (dim_t ox = 0; ox < g.out_width(); ++ox) {
      const dim_t to = (row * g.out_width() + ox) * g.channels;
      detail::largest_of_window(g, picture, row % g.out_height(), ox, y + to, winners ? winners + to : unused);
    }
  });
}

/// dx = the gradient of x (or is increased by it): for each pixel the sum of dy over the windows it won, in order.
template <class T>
void max_pool2d_backward(const max_pool_geometry& g, const T* dy, const std::int32_t* winners, T* dx, update how,
                         int threads) {
  if (g.batch * g.height * g.width * g.channels < detail::worth_a_thread_of_memory) threads = 1;
  parallel_for(threads, g.batch * g.height, [=](dim_t row) {
    struct sums_of_channels;
    using C = compute_t<T>;
    C* const sum = thread_buffer<sums_of_channels, C>(g.channels);
    const dim_t n = row / g.height, y = row % g.height;
    const auto down = detail::seen_by::of(y, g.window.height, g.stride.height, g.padding.height, g.out_height());
    for (dim_t x = 0; x < g.width; ++x) {
      const auto across = detail::seen_by::of(x, g.window.width, g.stride.width, g.padding.width, g.out_width());
      std::fill_n(sum, g.channels, C(0));
      for (dim_t oy = down.first; oy < down.end; ++oy)
        for (dim_t ox = across.first; ox < across.end; ++ox) {
          const dim_t i = y + g.padding.height - oy * g.stride.height, j = x + g.padding.width - ox * g.stride.width;
          const dim_t from = ((n * g.out_height() + oy) * g.out_width() + ox) * g.channels;
          for (dim_t c = 0; c < g.channels; ++c)
            sum[c] += winners[from + c] == i * g.window.width + j ? static_cast<C>(dy[from + c]) : C(0);
        }
      T* to = dx + (row * g.width + x) * g.channels;
      for (dim_t c = 0; c < g.channels; ++c)
        to[c] = static_cast<T>(how == update::add ? static_cast<C>(to[c]) + sum[c] : sum[c]);
    }
  });
}

}  // namespace clipt::inline CLIPT_BUILD::on_cpu
