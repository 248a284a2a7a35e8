// Operations along any axes, by those along rows: the axes are brought to the end, as one.
#pragma once
#include <concepts>  // same_as

#include <clipt/nn/permute.hpp>      // permuted
#include <clipt/nn/reshaping.hpp>    // reshape
#include <clipt/nn/rows.hpp>         // row_reduction
#include <clipt/ops/axis_lists.hpp>  // axis_list, axes_of

namespace clipt::inline CLIPT_BUILD {

/// A last argument of reductions: the axes that are reduced stay, with extent 1. PyTorch equivalent: `keepdim=True`.
struct keep_axes_t {};
inline constexpr keep_axes_t keep_axes;

namespace detail {

/// x as rows along some axes, [kept..., columns]: as it is where that is the last axis, else evaluated, and copied unless
/// they are the last axes.
template <int... Axis, class Context, class E>
auto rows_along(Context& ctx, const E& x) {
  using S = typename E::shape_type;
  using axes = axis_list<S, Axis...>;
  if constexpr (axes::in_order && axes::count == 1) {
    return x;
  } else {
    const auto e = eval(ctx, x);
    if constexpr (axes::in_order)
      return with_shape(e, axes::rows_of(e.shape()));
    else
      return permuted<S::rank>(ctx, e, extents_of(e.shape()), axes::order, axes::rows_of(e.shape()));
  }
}

/// The result of a reduction with the reduced axes as ones, if that was asked for.
template <int... Axis, class Y, class S, class... Keep>
auto reduced(const Y& y, const S& shape, Keep...) {
  if constexpr (sizeof...(Keep) > 0)
    return with_shape(y, axis_list<S, Axis...>::ones_of(shape));
  else
    return y;
}

}  // namespace detail

/// A reduction of one's own over some axes: `rule(rows)` reduces the last axis of [..., columns], to which they are brought
/// as one; with `keep_axes` they stay, with extent 1.
template <int... Axis, class Context, class X, class Rule, std::same_as<keep_axes_t>... Keep>
auto reduce_axes(Context& ctx, const char* op, X&& x, Rule rule, Keep... keep) {
  static_assert(axes_of<shape_in<X>>::template has<Axis...>,
                "clipt: a reduction: x has the axes, and each is named once: it is not so");
  static_assert(sizeof...(Keep) <= 1, "clipt: a reduction: keep_axes stands once: it stands twice");
  const auto e = operand_in(ctx, op, std::forward<X>(x));
  if constexpr (axes_of<shape_in<X>>::template has<Axis...>)
    return detail::reduced<Axis...>(rule(detail::rows_along<Axis...>(ctx, e)), shape_of(e), keep...);
  else
    return e;  // refused above: no second error follows
}

}  // namespace clipt::inline CLIPT_BUILD
