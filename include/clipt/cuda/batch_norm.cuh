// Normalisation of channels over all rows on the GPU: sums over rows, a number per channel, and statements.
#pragma once
#include <cmath>  // sqrt

#include <clipt/cuda/map.cuh>           // ops::evaluate
#include <clipt/cuda/reduce.cuh>        // ops::column_sum
#include <clipt/expr/operators.hpp>     // relu, square, where
#include <clipt/ops/normalisation.hpp>  // ops::batch_norm, ops::channel_scaling

namespace clipt::inline CLIPT_BUILD {

namespace on_cuda {

/// Sums over the rows become a mean or a variance.
template <class C>
struct share_body {
  C* sums;
  dim_t rows;

  CLIPT_HD void operator()(int c) const {
    sums[c] = static_cast<C>(static_cast<double>(sums[c]) / static_cast<double>(rows));
  }
};

/// What becomes of a channel's mean and variance, and where the running ones move.
template <class R, class C, class W>
struct channel_body {
  running_statistics<R> running;
  batch_norm_state<C> s;
  const W *weight, *bias;
  double unbiased;  // rows / (rows - 1)

  CLIPT_HD void operator()(int c) const {
    if (!s.by_batch) {
      s.mean[c] = static_cast<C>(running.mean[c]);
      s.deviation[c] = static_cast<C>(running.variance[c]);
    } else if (running.moves) {
      running.mean[c] = moved(running.mean[c], static_cast<double>(s.mean[c]));
      running.variance[c] = moved(running.variance[c], unbiased * static_cast<double>(s.deviation[c]));
    }
    s.deviation[c] = static_cast<C>(1 / std::sqrt(static_cast<double>(s.deviation[c]) + running.epsilon));
    s.gain[c] = s.deviation[c] * static_cast<C>(weight[c]);
    s.bias[c] = static_cast<C>(bias[c]);
  }

  CLIPT_HD R moved(R from, double to) const {
    return static_cast<R>((1 - running.momentum) * static_cast<double>(from) + running.momentum * to);
  }
};

/// The sums of g and of g h become what is taken off the gradient: shift + slope (x - mean).
template <class C>
struct correction_body {
  batch_norm_state<C> s;
  const C *sum_g, *sum_gh;
  C *shift, *slope;
  C share;  // 1 / rows, 0 by running statistics

  CLIPT_HD void operator()(int c) const {
    shift[c] = s.gain[c] * sum_g[c] * share;
    slope[c] = s.gain[c] * s.deviation[c] * sum_gh[c] * share;
  }
};

template <class P, class R, class T>
struct channel_scaling_body {
  const P *weight, *bias;
  const R *mean, *variance;
  double epsilon;
  T *scale, *shift;

  CLIPT_HD void operator()(int c) const {
    const double factor = static_cast<double>(weight[c]) / std::sqrt(static_cast<double>(variance[c]) + epsilon);
    scale[c] = static_cast<T>(factor);
    shift[c] = static_cast<T>(static_cast<double>(bias[c]) - static_cast<double>(mean[c]) * factor);
  }
};

/// Rows of numbers, and a number per channel.
template <class T>
using rows_view = view<const T, shape<rows, columns>, gpu>;
template <class T>
using channel_view = view<const T, shape<columns>, gpu>;

}  // namespace on_cuda

template <bool Relu>
struct kernel<ops::batch_norm<Relu>, gpu> {
  template <class Context, class X, class W, class B, class R, class C, class Out>
  static void forward(Context& ctx, const X& x, const W& weight, const B& bias, const running_statistics<R>& running,
                      const batch_norm_state<C>& s, const Out& out) {
    using namespace on_cuda;
    const auto stream = ctx.state().stream;
    const dim_t count = x.shape().rows(), n = x.shape().columns();
    const rows_view<typename X::value_type> all{x.data(), x.shape()};
    const channels of(s, n);
    if (s.by_batch) {
      const auto mark = ctx.memory().values.mark();
      kernel<ops::column_sum, gpu>::forward(ctx, all, all.shape(), s.mean, true);
      for_each(stream, n, share_body<C>{s.mean, count});
      kernel<ops::column_sum, gpu>::forward(ctx, square(all - of.mean), all.shape(), s.deviation, true);
      for_each(stream, n, share_body<C>{s.deviation, count});
      ctx.memory().values.release(mark);
    }
    const double unbiased = static_cast<double>(count) / static_cast<double>(std::max<dim_t>(1, count - 1));
    running_statistics<R> moved = running;
    moved.moves = running.moves && count > 0;
    for_each(stream, n, channel_body<R, C, typename W::value_type>{moved, s, weight.data(), bias.data(), unbiased});
    const auto y = (all - of.mean) * of.gain + of.bias;
    if constexpr (Relu)
      kernel<ops::evaluate, gpu>::forward(ctx, relu(y), out);
    else
      kernel<ops::evaluate, gpu>::forward(ctx, y, out);
  }

  template <class Context, class X, class W, class B, class G, class C>
  static void backward(Context& ctx, const X& x, const W& weight, const B& bias, const G& g,
                       const batch_norm_state<C>& s) {
    using namespace on_cuda;
    using T = typename X::value_type;
    const rows_view<T> all{x.data(), x.shape()}, down{g.data(), x.shape()};
    const channels of(s, x.shape().columns());
    if constexpr (Relu)
      backward_of(ctx, x, weight, bias, s, where((all - of.mean) * of.gain + of.bias > 0, down, 0 * down));
    else
      backward_of(ctx, x, weight, bias, s, down);
  }

 private:
  /// A state as operands of statements.
  template <class C>
  struct channels {
    on_cuda::channel_view<C> mean, deviation, gain, bias;
    channels(const batch_norm_state<C>& s, dim_t n)
        : mean{s.mean, shape<columns>(n)}, deviation{s.deviation, shape<columns>(n)}, gain{s.gain, shape<columns>(n)},
          bias{s.bias, shape<columns>(n)} {}
  };

  /// `g` is what reaches the normalised numbers.
  template <class Context, class X, class W, class B, class C, class G>
  static void backward_of(Context& ctx, const X& x, const W& weight, const B& bias, const batch_norm_state<C>& s,
                          const G& g) {
    using namespace on_cuda;
    using T = typename X::value_type;
    const dim_t count = x.shape().rows(), n = x.shape().columns();
    const rows_view<T> all{x.data(), x.shape()};
    const channels of(s, n);
    C* const sums = ctx.template scratch<C>(4 * n);
    kernel<ops::column_sum, gpu>::forward(ctx, g, x.shape(), sums, true);
    kernel<ops::column_sum, gpu>::forward(ctx, g * ((all - of.mean) * of.deviation), x.shape(), sums + n, true);
    if constexpr (active<W>) write(ctx, sums + n, n, weight);
    if constexpr (active<B>) write(ctx, sums, n, bias);
    if constexpr (active<X>) {
      const C share = s.by_batch && count > 0 ? C(1) / static_cast<C>(count) : C(0);
      for_each(ctx.state().stream, n, correction_body<C>{s, sums, sums + n, sums + 2 * n, sums + 3 * n, share});
      const channel_view<C> shift{sums + 2 * n, shape<columns>(n)}, slope{sums + 3 * n, shape<columns>(n)};
      const auto dx = g * of.gain - shift - (all - of.mean) * slope;
      const view<T, shape<rows, columns>, gpu> to{x.gradient, x.shape()};
      if (x.stores)
        kernel<ops::evaluate, gpu>::forward(ctx, dx, to);
      else
        kernel<ops::evaluate, gpu>::forward(ctx, rows_view<T>{x.gradient, x.shape()} + dx, to);
    }
  }

  /// A gradient of channels is stored or added to.
  template <class Context, class C, class Leaf>
  static void write(Context& ctx, const C* sums, dim_t n, const Leaf& leaf) {
    using namespace on_cuda;
    using T = typename Leaf::value_type;
    const channel_view<C> sum{sums, shape<columns>(n)};
    const view<T, shape<columns>, gpu> to{leaf.gradient, shape<columns>(n)};
    if (leaf.stores)
      kernel<ops::evaluate, gpu>::forward(ctx, cast<T>(sum), to);
    else
      kernel<ops::evaluate, gpu>::forward(ctx, channel_view<T>{leaf.gradient, shape<columns>(n)} + sum, to);
  }
};

template <>
struct kernel<ops::channel_scaling, gpu> {
  template <class Context, class P, class R, class T>
  static void forward(Context& ctx, dim_t n, const P* weight, const P* bias, const R* mean, const R* variance,
                      double epsilon, T* scale, T* shift) {
    on_cuda::for_each(ctx.state().stream, n,
                      on_cuda::channel_scaling_body<P, R, T>{weight, bias, mean, variance, epsilon, scale, shift});
  }
};

}  // namespace clipt::inline CLIPT_BUILD
