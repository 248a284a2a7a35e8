// permute and transpose: copies with the axes in another order.
#pragma once
#include <array>  // array

#include <clipt/autodiff/evaluate.hpp>  // eval, record_result
#include <clipt/eval/cpu_copy.hpp>      // the kernel on the CPU
#include <clipt/ops/axes.hpp>           // axes, extents_of

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// The copy behind permute, transpose and patchify: x seen with `extents`, its axes in the order `order`, as shape Out.
template <int Rank, class Out, class Context, class X>
auto permuted(Context& ctx, const X& x, const std::array<dim_t, Rank>& extents, const std::array<int, Rank>& order,
              const Out& shape) {
  static_assert(Rank <= most_axes,
                "clipt: axes in another order, for instance at the end: of at most 6: the array has more");
  const auto out = ctx.template output<typename X::value_type>(shape);
  run_forward<ops::permute>(ctx, extents.data(), order.data(), Rank, x.data(), out.data());
  return record_result(
      ctx, out,
      [=](auto& c, const auto& g, const auto& from) {
        run_backward<ops::permute>(c, extents.data(), order.data(), Rank, g.data(), from.gradient, from.stores);
      },
      x);
}

}  // namespace detail

/// A copy of x with its axes in another order: [batch, channels, height, width] -> `permute<0, 2, 3, 1>` ->
/// [batch, height, width, channels].
///
/// Negative axes count from the end. dx is g with the axes put back. PyTorch equivalent: `x.permute(axes).contiguous()`.
template <int... Axis, class Context, tensor_like X>
auto permute(Context& ctx, X&& x) {
  const auto e = eval(ctx, std::forward<X>(x));
  using S = typename std::remove_const_t<decltype(e)>::shape_type;
  static_assert(axes<detail::axis_from_front(Axis, S::rank)...>::template are_each_named_once<S::rank>,
                "clipt::permute: each axis of x is named once: it is not");
  if constexpr (axes<detail::axis_from_front(Axis, S::rank)...>::template are_each_named_once<S::rank>) {
    using Out = shape<S::static_extent(detail::axis_from_front(Axis, S::rank))...>;
    dim_t all[S::rank] = {e.shape().extent(detail::axis_from_front(Axis, S::rank))...};
    return detail::permuted<S::rank>(ctx, e, detail::extents_of(e.shape()),
                                     {detail::axis_from_front(Axis, S::rank)...}, Out::from(all));
  } else {
    return e;  // refused above: no second error follows
  }
}

/// A copy of x with its last two axes exchanged: [..., m, n] -> [..., n, m]. Products need none: see matmul_nt,
/// matmul_tn. PyTorch equivalent: `x.mT.contiguous()`.
template <class Context, tensor_like X>
auto transpose(Context& ctx, X&& x) {
  const auto e = eval(ctx, std::forward<X>(x));
  using S = typename std::remove_const_t<decltype(e)>::shape_type;
  static_assert(rank_of<S>::template at_least<2>, "clipt::transpose: x [..., m, n]: x has fewer than two axes");
  if constexpr (S::rank < 2) {
    return e;  // refused above: no second error follows
  } else {
    constexpr int r = S::rank;
    using Out = concatenated_t<drop_last_t<S, 2>, shape<S::static_extent(r - 1), S::static_extent(r - 2)>>;
    auto all = detail::extents_of(e.shape());
    std::array<int, r> order;
    dim_t of_result[r];
    for (int i = 0; i < r; ++i) {
      order[i] = i < r - 2 ? i : (2 * r - 3) - i;
      of_result[i] = all[order[i]];
    }
    return detail::permuted<r>(ctx, e, all, order, Out::from(of_result));
  }
}

}  // namespace clipt::inline CLIPT_BUILD
