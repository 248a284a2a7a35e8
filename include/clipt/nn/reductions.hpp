// Reductions to a scalar or over the leading axes: sum, mean, column_sum.
#pragma once
#include <clipt/autodiff/checked_operand.hpp>  // operand_in
#include <clipt/autodiff/evaluate.hpp>         // record_result
#include <clipt/eval/cpu_reductions.hpp>       // the kernels on the CPU

namespace clipt::inline CLIPT_BUILD {

namespace detail {

template <class Context, class E, class C>
auto total(Context& ctx, const E& e, C scale) {
  using T = typename E::value_type;
  const auto o = shape_of(e);
  const auto out = ctx.template output<T>(shape<>{});
  run_forward<ops::total>(ctx, e, o, out.data(), scale);
  return record_result(
      ctx, out, [=](auto& c, const auto& g, const auto& x) { run_backward<ops::total>(c, x, o, g.data(), scale); }, e);
}

}  // namespace detail

/// The sum of all elements, a scalar. PyTorch equivalent: `x.sum()`.
template <class Context, tensor_like X>
auto sum(Context& ctx, X&& x) {
  static_assert(numbers<value_in<X>>::are_floating,
                "clipt::sum: elements are floating: integers are not computed with; use cast<float>(x)");
  const auto e = operand_in(ctx, "sum", std::forward<X>(x));
  return detail::total(ctx, e, compute_t<typename decltype(e)::value_type>(1));
}

/// The mean of all elements, a scalar; NaN of none. PyTorch equivalent: `x.mean()`.
template <class Context, tensor_like X>
auto mean(Context& ctx, X&& x) {
  static_assert(numbers<value_in<X>>::are_floating,
                "clipt::mean: elements are floating: integers are not computed with; use cast<float>(x)");
  const auto e = operand_in(ctx, "mean", std::forward<X>(x));
  using C = compute_t<typename decltype(e)::value_type>;
  return detail::total(ctx, e, C(1) / static_cast<C>(shape_of(e).size()));
}

/// The sum over all axes but the last: [..., width] -> [width]. PyTorch equivalent: `x.flatten(0, -2).sum(0)`.
template <class Context, tensor_like X>
auto column_sum(Context& ctx, X&& x) {
  static_assert(numbers<value_in<X>>::are_floating,
                "clipt::column_sum: elements are floating: integers are not computed with; use cast<float>(x)");
  const auto e = operand_in(ctx, "column_sum", std::forward<X>(x));
  using E = std::remove_const_t<decltype(e)>;
  using T = typename E::value_type;
  using O = typename E::shape_type;
  static_assert(rank_of<O>::template at_least<1>, "clipt::column_sum: x [..., width]: x is a scalar");
  if constexpr (!numbers<T>::are_floating) {
    return e;  // refused above: no second error follows
  } else {
    const auto o = shape_of(e);
    using Row = shape<O::static_extent(O::rank - 1)>;
    const auto out = ctx.template output<T>(with_last_axis<Row>(o, o.columns()));
    run_forward<ops::column_sum>(ctx, e, o, out.data(), true);
    return record_result(
        ctx, out, [=](auto& c, const auto& g, const auto& x) { run_backward<ops::column_sum>(c, x, o, g.data()); }, e);
  }
}

}  // namespace clipt::inline CLIPT_BUILD
