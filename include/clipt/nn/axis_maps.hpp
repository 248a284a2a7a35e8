// Operations along one axis whose result is as long: cumsum<1>, softmax<1>, log_softmax<1>, l2_normalize<1>.
#pragma once
#include <clipt/eval/cpu_row_moments.hpp>  // the kernel of cumsum on the CPU
#include <clipt/nn/along_axes.hpp>         // rows_along

namespace clipt::inline CLIPT_BUILD {

/// A map of one's own along an axis: `rule(rows)` maps rows, [..., columns], to which the axis is brought, and it goes back
/// to where it was. A known length of the rule's rows is that of the result.
template <int Axis, class Context, class X, class Rule>
auto map_along(Context& ctx, const char* op, X&& x, Rule rule) {
  static_assert(axes_of<shape_in<X>>::template has<Axis>,
                "clipt: an operation along an axis: x has the axis: it has fewer");
  const auto e = operand_in(ctx, op, std::forward<X>(x));
  using S = typename std::remove_const_t<decltype(e)>::shape_type;
  if constexpr (!axes_of<S>::template has<Axis>) {
    return e;  // refused above: no second error follows
  } else {
    using axes = detail::axis_list<S, Axis>;
    const auto y = rule(detail::rows_along<Axis>(ctx, e));
    if constexpr (axes::in_order) {
      return y;
    } else {
      std::array<int, S::rank> back{};
      for (int i = 0; i < S::rank; ++i) back[axes::order[i]] = i;
      constexpr int axis = detail::axis_from_front(Axis, S::rank);
      constexpr dim_t length = detail::from_right<typename std::remove_const_t<decltype(y)>::shape_type>(1);
      using Out = detail::with_axis_t < S, axis, length<0 ? S::static_extent(axis) : length>;
      const Out out = detail::with_axis<Out>(shape_of(e), axis, y.shape().columns());
      return detail::permuted<S::rank>(ctx, y, detail::extents_of(y.shape()), back, out);
    }
  }
}

/// y_i = x_0 + ... + x_i along an axis, the last if none is named; dx_i = g_i + ... + g_n. Sums are taken in double.
/// PyTorch equivalent: `x.cumsum(axis)`.
template <int Axis = -1, operation_context Context, tensor_like X>
auto cumsum(Context& ctx, X&& x) {
  return map_along<Axis>(ctx, "cumsum", std::forward<X>(x),
                         [&](const auto& rows) { return detail::row_map<ops::running_sum>(ctx, rows); });
}

/// exp(x) / sum(exp(x)) along any axis. PyTorch equivalent: `x.softmax(axis)`.
template <int Axis, operation_context Context, tensor_like X>
auto softmax(Context& ctx, X&& x) {
  return map_along<Axis>(ctx, "softmax", std::forward<X>(x), [&](const auto& rows) { return softmax(ctx, rows); });
}

/// x - log(sum(exp(x))) along any axis. PyTorch equivalent: `x.log_softmax(axis)`.
template <int Axis, operation_context Context, tensor_like X>
auto log_softmax(Context& ctx, X&& x) {
  return map_along<Axis>(ctx, "log_softmax", std::forward<X>(x),
                         [&](const auto& rows) { return log_softmax(ctx, rows); });
}

/// x / max(|x|, epsilon) along any axis. PyTorch equivalent: `F.normalize(x, dim=axis)`.
template <int Axis, operation_context Context, tensor_like X, std::floating_point Epsilon = double>
auto l2_normalize(Context& ctx, X&& x, Epsilon epsilon = 1e-12) {
  return map_along<Axis>(ctx, "l2_normalize", std::forward<X>(x),
                         [&](const auto& rows) { return l2_normalize(ctx, rows, epsilon); });
}

}  // namespace clipt::inline CLIPT_BUILD
