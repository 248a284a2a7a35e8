// Operations along the last axis: softmax, normalisation, sums, the largest element.
#pragma once
#include <cstdint>  // int32_t

#include <clipt/autodiff/checked_operand.hpp>  // operand_in
#include <clipt/autodiff/evaluate.hpp>         // record_result, as_expression
#include <clipt/eval/cpu_row_kernels.hpp>      // the kernels on the CPU

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// A row op with a gradient: result of shape Out, elements of type T.
template <class Op, class T, class Out, class Context, class E, class... Params>
auto row_op(Context& ctx, const E& e, const Out& out_shape, Params... params) {
  using C = compute_t<typename E::value_type>;
  static_assert(numbers<typename E::value_type>::are_floating,
                "clipt: an operation along rows: elements are floating: integers are not computed with; use "
                "cast<float>(x)");
  if constexpr (!numbers<typename E::value_type>::are_floating) {
    return e;  // refused above: no second error follows
  } else {
    const auto o = shape_of(e);
    const auto out = ctx.template output<T>(out_shape);
    C* const saved = ctx.template scratch<C>(Op::saved_per_row * o.rows());
    run_forward<Op>(ctx, e, o, out, saved, params...);
    return record_result(
        ctx, out, [=](auto& c, const auto& g, const auto& x) { run_backward<Op>(c, x, o, out, g, saved, params...); },
        e);
  }
}

template <class Op, class Context, class E, class... Params>
auto row_map(Context& ctx, const E& e, Params... params) {
  return row_op<Op, typename E::value_type>(ctx, e, shape_of(e), params...);
}

template <class Op, class Context, class E, class... Params>
auto row_reduction(Context& ctx, const E& e, Params... params) {
  using Reduced = drop_last_t<typename E::shape_type>;
  return row_op<Op, typename E::value_type>(ctx, e, leading_axes<Reduced>(shape_of(e)), params...);
}

/// x, whose rows have a largest element.
template <class X>
const X& some_columns(const char* op, const X& x) {
  const auto shape = shape_of(x);
  if (shape.columns() == 0 && shape.rows() > 0)
    throw shape_error(std::string("clipt::") + op + ": " + to_string(shape) +
                      ": a row of nothing has no largest element: give at least one column");
  return x;
}

}  // namespace detail

/// exp(x) / sum(exp(x)) along the last axis, for instance of `scale * scores + causal`.
/// y = exp(x - max) / sum; dx = y (g - <y, g>). PyTorch equivalent: `x.softmax(-1)`.
template <class Context, tensor_like X>
auto softmax(Context& ctx, X&& x) {
  static_assert(rank_of<shape_in<X>>::template at_least<1>, "clipt::softmax: x [..., width]: x is a scalar");
  return detail::row_map<ops::softmax>(ctx, operand_in(ctx, "softmax", std::forward<X>(x)));
}

/// x - log(sum(exp(x))) along the last axis; dx = g - exp(y) sum(g). PyTorch equivalent: `x.log_softmax(-1)`.
template <class Context, tensor_like X>
auto log_softmax(Context& ctx, X&& x) {
  static_assert(rank_of<shape_in<X>>::template at_least<1>, "clipt::log_softmax: x [..., width]: x is a scalar");
  return detail::row_map<ops::log_softmax>(ctx, operand_in(ctx, "log_softmax", std::forward<X>(x)));
}

/// x / max(|x|, epsilon) along the last axis; dx = (g - y <y, g>) / |x|. PyTorch equivalent: `F.normalize(x, dim=-1)`.
template <class Context, tensor_like X, std::floating_point Epsilon = double>
auto l2_normalize(Context& ctx, X&& x, Epsilon epsilon = 1e-12) {
  static_assert(rank_of<shape_in<X>>::template at_least<1>, "clipt::l2_normalize: x [..., width]: x is a scalar");
  const auto e = operand_in(ctx, "l2_normalize", std::forward<X>(x));
  return detail::row_map<ops::l2_normalize>(ctx, e, static_cast<compute_t<typename decltype(e)::value_type>>(epsilon));
}

/// x / sqrt(mean(x²) + epsilon) * weight along the last axis. x: [..., width], weight: [width].
/// Source: Zhang and Sennrich, 2019. PyTorch equivalent: `F.rms_norm(x, (width,), weight, epsilon)`.
template <class Context, tensor_like X, tensor_like Weight>
auto rms_norm(Context& ctx, X&& x, Weight&& weight, double epsilon = 1e-5) {
  static_assert(rank_of<shape_in<X>>::template at_least<1>, "clipt::rms_norm: x [..., width]: x is a scalar");
  using S = shape_in<X>;
  static_assert(rank_of<shape_in<Weight>>::template is<1>, "clipt::rms_norm: weight [width]: it has another rank");
  static_assert(extents<S::static_extent(S::rank - 1), shape_in<Weight>::static_extent(0)>::equal,
                "clipt::rms_norm: x [..., width], weight [width]: the two widths differ");
  const auto e = operand_in(ctx, "rms_norm", std::forward<X>(x));
  const auto normalised =
      detail::row_map<ops::rms_normalize>(ctx, e, static_cast<compute_t<typename decltype(e)::value_type>>(epsilon));
  if constexpr (extents<S::static_extent(S::rank - 1), shape_in<Weight>::static_extent(0)>::equal)
    return eval(ctx, normalised * std::forward<Weight>(weight));
  else
    return normalised;  // refused above: no second error follows
}

/// The sum along the last axis. PyTorch equivalent: `x.sum(-1)`.
template <class Context, tensor_like X>
auto row_sum(Context& ctx, X&& x) {
  static_assert(rank_of<shape_in<X>>::template at_least<1>, "clipt::row_sum: x [..., width]: x is a scalar");
  const auto e = operand_in(ctx, "row_sum", std::forward<X>(x));
  return detail::row_reduction<ops::row_sum>(ctx, e, compute_t<typename decltype(e)::value_type>(1));
}

/// The mean along the last axis. PyTorch equivalent: `x.mean(-1)`.
template <class Context, tensor_like X>
auto row_mean(Context& ctx, X&& x) {
  static_assert(rank_of<shape_in<X>>::template at_least<1>, "clipt::row_mean: x [..., width]: x is a scalar");
  const auto e = operand_in(ctx, "row_mean", std::forward<X>(x));
  using C = compute_t<typename decltype(e)::value_type>;
  return detail::row_reduction<ops::row_sum>(ctx, e, C(1) / static_cast<C>(shape_of(e).columns()));
}

/// The largest element along the last axis; the gradient goes to the first of equals. PyTorch equivalent: `x.amax(-1)`.
template <class Context, tensor_like X>
auto row_max(Context& ctx, X&& x) {
  static_assert(rank_of<shape_in<X>>::template at_least<1>, "clipt::row_max: x [..., width]: x is a scalar");
  const auto e = operand_in(ctx, "row_max", std::forward<X>(x));
  return detail::row_reduction<ops::row_max>(ctx, detail::some_columns("row_max", e));
}

/// log(sum(exp(x))) along the last axis; dx = g softmax(x). PyTorch equivalent: `x.logsumexp(-1)`.
template <class Context, tensor_like X>
auto log_sum_exp(Context& ctx, X&& x) {
  static_assert(rank_of<shape_in<X>>::template at_least<1>, "clipt::log_sum_exp: x [..., width]: x is a scalar");
  return detail::row_reduction<ops::log_sum_exp>(ctx, operand_in(ctx, "log_sum_exp", std::forward<X>(x)));
}

/// The position of the largest element along the last axis, the first of equals. PyTorch equivalent: `x.argmax(-1)`.
template <class Context, tensor_like X>
auto row_argmax(Context& ctx, X&& x) {
  static_assert(rank_of<shape_in<X>>::template at_least<1>, "clipt::row_argmax: x [..., width]: x is a scalar");
  const auto e = operand_in(ctx, "row_argmax", std::forward<X>(x));
  using E = std::remove_const_t<decltype(e)>;
  using C = compute_t<typename E::value_type>;
  using Reduced = drop_last_t<typename E::shape_type>;
  const auto o = shape_of(e);
  detail::some_columns("row_argmax", e);
  const auto out = ctx.template output<std::int32_t>(leading_axes<Reduced>(o));
  run_forward<ops::row_argmax>(ctx, e, o, out, static_cast<C*>(nullptr));
  return view<const std::int32_t, Reduced, typename Context::device>(out);
}

}  // namespace clipt::inline CLIPT_BUILD
