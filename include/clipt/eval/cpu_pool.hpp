// Average pooling with the channels last on the CPU, and its gradient.
#pragma once
#include <algorithm>  // fill_n

#include <clipt/core/dims.hpp>           // dim_t
#include <clipt/core/dtype.hpp>          // compute_t
#include <clipt/eval/cpu_row_rules.hpp>  // map_row
#include <clipt/eval/matrix.hpp>         // update
#include <clipt/eval/parallel.hpp>       // parallel_for
#include <clipt/eval/thread_buffer.hpp>  // thread_buffer
#include <clipt/ops/convolution.hpp>     // pool_geometry

namespace clipt::inline CLIPT_BUILD::on_cpu {

namespace detail {
inline constexpr dim_t worth_a_thread_of_memory = dim_t(1) << 15;  // numbers, see worth_a_thread
}

/// y [batch, height / size, width / size, channels] = the means of the squares of x.
/// PyTorch equivalent: `torch.nn.functional.avg_pool2d(x, size)` in channels_last.
template <class T>
void avg_pool2d(const pool_geometry& g, const T* x, T* y, int threads) {
  using C = compute_t<T>;
  struct sums_of_channels;
  const C scale = C(1) / static_cast<C>(g.size * g.size);
  if (g.batch * g.height * g.width * g.channels < detail::worth_a_thread_of_memory) threads = 1;
  parallel_for(threads, g.batch * g.out_height(), [=](dim_t row) {
    const T* from = x + (row / g.out_height() * g.height + row % g.out_height() * g.size) * g.width * g.channels;
    T* to = y + row * g.out_width() * g.channels;
    for (dim_t ox = 0; ox < g.out_width(); ++ox, to += g.channels) {
      C* sum = nullptr;
      if constexpr (std::is_same_v<C, T>)
        sum = to;
      else
        sum = thread_buffer<sums_of_channels, C>(g.channels);
      std::fill_n(sum, g.channels, C(0));
      for (dim_t i = 0; i < g.size; ++i)
        for (dim_t j = 0; j < g.size; ++j)
          map_row<C>(
              g.channels, sum, [](const lanes<C>& before, const lanes<C>& pixel) { return before + pixel; }, sum,
              from + (i * g.width + ox * g.size + j) * g.channels);
      map_row<C>(
          g.channels, to, [=](const lanes<C>& all) { return all * scale; }, sum);
    }
  });
}

/// dx = the gradient of x (or is increased by it): each pixel of a square gets dy / size^2, all others 0.
template <class T>
void avg_pool2d_backward(const pool_geometry& g, const T* dy, T* dx, update how, int threads) {
  using C = compute_t<T>;
  const C scale = C(1) / static_cast<C>(g.size * g.size);
  if (g.batch * g.height * g.width * g.channels < detail::worth_a_thread_of_memory) threads = 1;
  parallel_for(threads, g.batch * g.height, [=](dim_t row) {
    T* to = dx + row * g.width * g.channels;
    const dim_t n = row / g.height, oy = row % g.height / g.size;
    const dim_t covered = oy < g.out_height() ? g.out_width() * g.size : 0;
    const T* from = dy + (n * g.out_height() + oy) * g.out_width() * g.channels;
    for (dim_t x = 0; x < covered; ++x, to += g.channels) {
      const T* pixel = from + x / g.size * g.channels;
      if (how == update::add)
        for (dim_t c = 0; c < g.channels; ++c)
          to[c] = static_cast<T>(static_cast<C>(to[c]) + scale * static_cast<C>(pixel[c]));
      else
        for (dim_t c = 0; c < g.channels; ++c) to[c] = static_cast<T>(scale * static_cast<C>(pixel[c]));
    }
    if (how == update::store) std::fill_n(to, (g.width - covered) * g.channels, static_cast<T>(0.0f));
  });
}

}  // namespace clipt::inline CLIPT_BUILD::on_cpu
