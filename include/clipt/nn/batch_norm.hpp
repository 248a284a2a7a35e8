// batch_norm: normalisation of each channel over all samples and pixels, with running statistics for evaluation.
#pragma once
#include <clipt/autodiff/checked_operand.hpp>  // operand_in
#include <clipt/autodiff/evaluate.hpp>         // eval, finish
#include <clipt/eval/cpu_batch_norm.hpp>       // channel_statistics, map_channels, channel_sums

namespace clipt::inline CLIPT_BUILD {

namespace ops {
template <bool Relu>
struct batch_norm {};
}  // namespace ops

/// What batch_norm adds to variances unless it is told otherwise.
inline constexpr double batch_norm_epsilon = 1e-5;

namespace detail {

/// What a batch_norm keeps between its passes, per channel.
template <class C>
struct batch_norm_state {
  C* mean;
  C* deviation;  // 1 / sqrt(variance + epsilon)
  C* gain;       // deviation * weight
  C* bias;
  bool by_batch;  // the statistics are the batch's own, and depend on x
};

}  // namespace detail

template <bool Relu>
struct kernel<ops::batch_norm<Relu>, cpu> {
  /// The batch's mean and variance.
  template <class Context, class T, class C>
  static void statistics(Context& ctx, const T* x, dim_t rows, dim_t n, C* mean, C* variance) {
    const auto mark = ctx.memory().values.mark();
    on_cpu::channel_statistics(x, rows, n, mean, variance,
                               ctx.template scratch<C>(2 * n * on_cpu::channel_parts(rows, n)), ctx.threads());
    ctx.memory().values.release(mark);
  }

  /// running += momentum (value - running); the variance with its estimate from `rows` samples.
  template <class Context, class C, class R>
  static void update(Context&, dim_t rows, dim_t n, const C* mean, const C* variance, double momentum, R* running_mean,
                     R* running_variance) {
    if (rows == 0) return;
    const double unbiased = static_cast<double>(rows) / static_cast<double>(std::max<dim_t>(1, rows - 1));
    for (dim_t c = 0; c < n; ++c) {
      running_mean[c] = static_cast<R>((1 - momentum) * running_mean[c] + momentum * mean[c]);
      running_variance[c] = static_cast<R>((1 - momentum) * running_variance[c] + momentum * unbiased * variance[c]);
    }
  }

  /// deviation from the variance that lies there, gain and bias from the parameters.
  template <class Context, class P, class C>
  static void prepare(Context&, dim_t n, const P* weight, const P* bias, double epsilon,
                      const detail::batch_norm_state<C>& s) {
    for (dim_t c = 0; c < n; ++c) {
      s.deviation[c] = static_cast<C>(1 / std::sqrt(static_cast<double>(s.deviation[c]) + epsilon));
      s.gain[c] = s.deviation[c] * static_cast<C>(weight[c]);
      s.bias[c] = static_cast<C>(bias[c]);
    }
  }

  template <class Context, class T, class C>
  static void forward(Context& ctx, const T* x, dim_t rows, dim_t n, const detail::batch_norm_state<C>& s, T* out) {
    on_cpu::map_channels<Relu>(x, rows, n, on_cpu::channel_map<C>{s.mean, s.gain, s.bias}, out, ctx.threads());
  }

  /// sum_g and sum_gh, the gradients of bias and weight: h = (x - mean) deviation.
  template <class Context, class T, class C>
  static void sums(Context& ctx, const T* x, const T* g, dim_t rows, dim_t n, const detail::batch_norm_state<C>& s,
                   C* sum_g, C* sum_gh) {
    C* const scratch = ctx.template scratch<C>(2 * n * on_cpu::channel_parts(rows, n));
    on_cpu::channel_sums<Relu>(x, g, rows, n, on_cpu::channel_map<C>{s.mean, s.gain, s.bias}, sum_g, sum_gh, scratch,
                               ctx.threads());
    for (dim_t c = 0; c < n; ++c) sum_gh[c] *= s.deviation[c];
  }

  template <class Context, class T, class C>
  static void backward(Context& ctx, const T* x, const T* g, dim_t rows, dim_t n, const detail::batch_norm_state<C>& s,
                       const C* sum_g, const C* sum_gh, T* dx, bool stores) {
    C* const shift = ctx.template scratch<C>(2 * n);
    C* const slope = shift + n;
    const C share = s.by_batch && rows > 0 ? C(1) / static_cast<C>(rows) : C(0);
    for (dim_t c = 0; c < n; ++c) {
      shift[c] = s.gain[c] * sum_g[c] * share;
      slope[c] = s.gain[c] * s.deviation[c] * sum_gh[c] * share;
    }
    on_cpu::map_channels_backward<Relu>(x, g, rows, n, on_cpu::channel_map<C>{s.mean, s.gain, s.bias}, shift, slope, dx,
                                        stores, ctx.threads());
  }

  /// leaf += sum, or the leaf's gradient is it.
  template <class Leaf, class C>
  static void add_sum(const Leaf& leaf, const C* sum, dim_t n) {
    for (dim_t c = 0; c < n; ++c)
      leaf.gradient[c] = static_cast<typename Leaf::value_type>(leaf.stores ? sum[c] : leaf.gradient[c] + sum[c]);
  }
};

namespace detail {

/// The channels' statistics of this call, in arrays that its backward reads: the batch's own or the running ones.
template <class Kernel, class Context, class X, class W, class B, class R>
auto batch_norm_statistics(Context& ctx, const X& x, const W& w, const B& b, R* running_mean, R* running_variance,
                           double momentum, double epsilon) {
  using C = compute_t<typename X::value_type>;
  const dim_t rows = x.shape.rows(), n = x.shape.columns();
  C* const numbers = ctx.template scratch<C>(4 * n);
  const batch_norm_state<C> s{numbers, numbers + n, numbers + 2 * n, numbers + 3 * n, ctx.settings.batch_statistics()};
  if (s.by_batch) {
    Kernel::statistics(ctx, x.data, rows, n, s.mean, s.deviation);
    if (!ctx.settings.recomputing)
      Kernel::update(ctx, rows, n, s.mean, s.deviation, momentum, running_mean, running_variance);
  } else {
    for (dim_t c = 0; c < n; ++c) {
      s.mean[c] = static_cast<C>(running_mean[c]);
      s.deviation[c] = static_cast<C>(running_variance[c]);
    }
  }
  Kernel::prepare(ctx, n, w.data, b.data, epsilon, s);
  return s;
}

/// batch_norm of rows whose extents are values: one instantiation for all shapes.
template <bool Relu, class Context, class X, class W, class B, class R>
auto batch_norm_of_rows(Context& ctx, const X& x, const W& w, const B& b, R* running_mean, R* running_variance,
                        double momentum, double epsilon) {
  using Kernel = kernel<ops::batch_norm<Relu>, typename Context::device>;
  const dim_t rows = x.shape.rows(), n = x.shape.columns();
  const auto out = ctx.template output<typename X::value_type>(x.shape);
  const auto s = batch_norm_statistics<Kernel>(ctx, x, w, b, running_mean, running_variance, momentum, epsilon);
  Kernel::forward(ctx, x.data, rows, n, s, out.data);
  return finish(
      ctx, out,
      [=](auto& c, const auto& g, const auto& input, const auto& gain, const auto& shift) {
        using C = compute_t<typename X::value_type>;
        C* const sum_g = c.template scratch<C>(2 * n);
        C* const sum_gh = sum_g + n;
        Kernel::sums(c, input.data, g.data, rows, n, s, sum_g, sum_gh);
        if constexpr (active<W>) Kernel::add_sum(gain, sum_gh, n);
        if constexpr (active<B>) Kernel::add_sum(shift, sum_g, n);
        if constexpr (active<X>)
          Kernel::backward(c, input.data, g.data, rows, n, s, sum_g, sum_gh, input.gradient, input.stores);
      },
      x, w, b);
}

/// Refuses parameters and statistics of another number of channels than that of pictures `x`.
template <class Shape, class... PerChannel>
void check_channels(const Shape& x, const PerChannel&... y) {
  if (((y.size() != x.columns()) || ...))
    throw shape_error("clipt::batch_norm: x " + to_string(x) + ": weight, bias and running statistics are [" +
                      std::to_string(x.columns()) + "]: one of them differs");
}

template <bool Relu, class Context, class X, class W, class B, class Mean, class Variance>
auto batch_norm(Context& ctx, const X& x, const W& w, const B& b, Mean& running_mean, Variance& running_variance,
                double momentum, double epsilon) {
  check_channels(x.shape, w, b, running_mean, running_variance);
  const dim_t n = x.shape.columns();
  const shape<columns> channel(n);
  return with_shape(batch_norm_of_rows<Relu>(ctx, with_shape(x, shape<clipt::rows, columns>(x.shape.rows(), n)),
                                             with_shape(w, channel), with_shape(b, channel), running_mean.view().data,
                                             running_variance.view().data, momentum, epsilon),
                    x.shape);
}

}  // namespace detail

/// (x - mean) / sqrt(variance + epsilon) * weight + bias for each channel. x: [..., channels], the others: [channels].
///
/// With `ctx.settings.training` mean and (biased) variance are those of all rows of x, and the running ones move by
/// `momentum` towards them (the variance towards its unbiased estimate); otherwise, and with `frozen_statistics`, the
/// running ones are used and left. With h = (x - mean) r, r = 1 / sqrt(variance + epsilon): dweight = sum(g h),
/// dbias = sum(g), and dx = weight r (g - mean(g) - h mean(g h)) by the batch's statistics, weight r g by running ones.
/// Source: Ioffe and Szegedy, 2015.
/// PyTorch equivalent: `F.batch_norm(x, running_mean, running_var, weight, bias, training, momentum, epsilon)`.
template <class Context, tensor_like X, tensor_like Weight, tensor_like Bias, class Mean, class Variance>
auto batch_norm(Context& ctx, X&& x, const Weight& weight, const Bias& bias, Mean& running_mean,
                Variance& running_variance, double momentum = 0.1, double epsilon = batch_norm_epsilon) {
  using S = shape_in<X>;
  static_assert(rank_of<S>::template at_least<1>, "clipt::batch_norm: x [..., channels]: x is a scalar");
  constexpr dim_t channels = S::static_extent(S::rank - 1);
  static_assert(rank_of<shape_in<Weight>>::template is<1> && rank_of<shape_in<Bias>>::template is<1>,
                "clipt::batch_norm: weight [channels], bias [channels]: one of them has another rank");
  static_assert(extents<channels, shape_in<Weight>::static_extent(0)>::equal,
                "clipt::batch_norm: x [..., channels], weight [channels]: the channels differ");
  static_assert(extents<channels, shape_in<Bias>::static_extent(0)>::equal,
                "clipt::batch_norm: x [..., channels], bias [channels]: the channels differ");
  static_assert(extents<channels, shape_in<Mean>::static_extent(0)>::equal &&
                    extents<channels, shape_in<Variance>::static_extent(0)>::equal,
                "clipt::batch_norm: x [..., channels], running statistics [channels]: the channels differ");
  static_assert(
      !std::is_const_v<Mean> && !std::is_const_v<Variance>,
      "clipt::batch_norm: running statistics change in training: they are const; a layer declares them mutable");
  return detail::batch_norm<false>(ctx, eval(ctx, std::forward<X>(x)), operand_in(ctx, "batch_norm", weight),
                                   operand_in(ctx, "batch_norm", bias), running_mean, running_variance, momentum,
                                   epsilon);
}

/// relu(batch_norm(...)) in the same passes over memory. PyTorch equivalent: `F.relu(F.batch_norm(...))`.
template <class Context, tensor_like X, tensor_like Weight, tensor_like Bias, class Mean, class Variance>
auto batch_norm_relu(Context& ctx, X&& x, const Weight& weight, const Bias& bias, Mean& running_mean,
                     Variance& running_variance, double momentum = 0.1, double epsilon = batch_norm_epsilon) {
  using S = shape_in<X>;
  static_assert(rank_of<S>::template at_least<1>, "clipt::batch_norm_relu: x [..., channels]: x is a scalar");
  constexpr dim_t channels = S::static_extent(S::rank - 1);
  static_assert(rank_of<shape_in<Weight>>::template is<1> && rank_of<shape_in<Bias>>::template is<1>,
                "clipt::batch_norm_relu: weight [channels], bias [channels]: one of them has another rank");
  static_assert(extents<channels, shape_in<Weight>::static_extent(0)>::equal,
                "clipt::batch_norm_relu: x [..., channels], weight [channels]: the channels differ");
  static_assert(extents<channels, shape_in<Bias>::static_extent(0)>::equal,
                "clipt::batch_norm_relu: x [..., channels], bias [channels]: the channels differ");
  static_assert(extents<channels, shape_in<Mean>::static_extent(0)>::equal &&
                    extents<channels, shape_in<Variance>::static_extent(0)>::equal,
                "clipt::batch_norm_relu: x [..., channels], running statistics [channels]: the channels differ");
  static_assert(
      !std::is_const_v<Mean> && !std::is_const_v<Variance>,
      "clipt::batch_norm_relu: running statistics change in training: they are const; a layer declares them mutable");
  return detail::batch_norm<true>(ctx, eval(ctx, std::forward<X>(x)), operand_in(ctx, "batch_norm_relu", weight),
                                  operand_in(ctx, "batch_norm_relu", bias), running_mean, running_variance, momentum,
                                  epsilon);
}

}  // namespace clipt::inline CLIPT_BUILD
