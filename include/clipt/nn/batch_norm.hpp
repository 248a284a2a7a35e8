// batch_norm: normalisation of each channel over all samples and pixels, with running statistics for evaluation.
#pragma once
#include <clipt/autodiff/evaluate.hpp>    // eval, record_result
#include <clipt/eval/cpu_batch_norm.hpp>  // the kernel on the CPU

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// batch_norm of rows whose extents are values: one instantiation for all shapes.
template <bool Relu, class Context, class X, class W, class B, class R>
auto batch_norm_of_rows(Context& ctx, const X& x, const W& w, const B& b, R running) {
  using C = compute_t<typename X::value_type>;
  const dim_t n = x.shape().columns();
  C* const numbers = ctx.template scratch<C>(4 * n);
  const batch_norm_state<C> s{numbers, numbers + n, numbers + 2 * n, numbers + 3 * n, ctx.settings.batch_statistics()};
  running.moves = s.by_batch && !ctx.settings.recomputing;
  const auto out = ctx.template output<typename X::value_type>(x.shape());
  run_forward<ops::batch_norm<Relu>>(ctx, x, w, b, running, s, out);
  return record_result(
      ctx, out,
      [s](auto& c, const auto& g, const auto& input, const auto& gain, const auto& shift) {
        run_backward<ops::batch_norm<Relu>>(c, input, gain, shift, g, s);
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

/// Refuses statistics of one row: its variance is 0, and the running ones would move towards it.
template <class Context, class Shape>
void check_samples(const Context& ctx, const Shape& x) {
  if (ctx.settings.batch_statistics() && x.rows() == 1)
    throw shape_error("clipt::batch_norm: x " + to_string(x) +
                      " in training: one row has no variance; give it two or more, or set frozen_statistics");
}

}  // namespace detail

/// batch_norm, and a relu behind it or none: what batch_norm and batch_norm_relu do.
template <bool Relu, class Context, tensor_like X, tensor_like Weight, tensor_like Bias, class Mean, class Variance>
auto normalised_channels(Context& ctx, X&& input, Weight&& weight, Bias&& bias, Mean& running_mean,
                         Variance& running_variance, double momentum, double epsilon) {
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
  if constexpr (!std::is_const_v<Mean> && !std::is_const_v<Variance>) {
    const auto x = eval(ctx, std::forward<X>(input));
    const auto w = eval(ctx, std::forward<Weight>(weight));
    const auto b = eval(ctx, std::forward<Bias>(bias));
    detail::check_channels(x.shape(), w, b, running_mean, running_variance);
    detail::check_samples(ctx, x.shape());
    const dim_t n = x.shape().columns();
    const shape<columns> channel(n);
    const running_statistics<value_in<Mean>> running{running_mean.view().data(), running_variance.view().data(),
                                                     momentum, epsilon, false};
    return detail::with_shape(
        detail::batch_norm_of_rows<Relu>(ctx, detail::with_shape(x, shape<rows, columns>(x.shape().rows(), n)),
                                         detail::with_shape(w, channel), detail::with_shape(b, channel), running),
        x.shape());
  }
}

/// (x - mean) / sqrt(variance + epsilon) * weight + bias for each channel. x: [..., channels], the others: [channels].
///
/// With `ctx.settings.training` mean and (biased) variance are those of all rows of x, and the running ones move by
/// `momentum` towards them (the variance towards its unbiased estimate); otherwise, and with `frozen_statistics`, the
/// running ones are used and left. With h = (x - mean) r, r = 1 / sqrt(variance + epsilon): dweight = sum(g h),
/// dbias = sum(g), and dx = weight r (g - mean(g) - h mean(g h)) by the batch's statistics, weight r g by running ones.
/// Errors: `shape_error` when runtime channels differ, and for statistics of a single row.
/// Source: Ioffe and Szegedy, 2015.
/// PyTorch equivalent: `F.batch_norm(x, running_mean, running_var, weight, bias, training, momentum, epsilon)`.
template <class Context, tensor_like X, tensor_like Weight, tensor_like Bias, class Mean, class Variance>
auto batch_norm(Context& ctx, X&& x, Weight&& weight, Bias&& bias, Mean& running_mean, Variance& running_variance,
                double momentum = 0.1, double epsilon = batch_norm_epsilon) {
  return normalised_channels<false>(ctx, std::forward<X>(x), std::forward<Weight>(weight), std::forward<Bias>(bias),
                                    running_mean, running_variance, momentum, epsilon);
}

/// relu(batch_norm(...)) in the same passes over memory. PyTorch equivalent: `F.relu(F.batch_norm(...))`.
template <class Context, tensor_like X, tensor_like Weight, tensor_like Bias, class Mean, class Variance>
auto batch_norm_relu(Context& ctx, X&& x, Weight&& weight, Bias&& bias, Mean& running_mean, Variance& running_variance,
                     double momentum = 0.1, double epsilon = batch_norm_epsilon) {
  return normalised_channels<true>(ctx, std::forward<X>(x), std::forward<Weight>(weight), std::forward<Bias>(bias),
                                   running_mean, running_variance, momentum, epsilon);
}

}  // namespace clipt::inline CLIPT_BUILD
