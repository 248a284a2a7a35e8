// Elements by their size along any axis: argsort, sort, topk.
#pragma once
#include <cstdint>  // int32_t

#include <clipt/eval/cpu_row_order.hpp>  // the kernel on the CPU
#include <clipt/nn/axis_maps.hpp>        // map_along
#include <clipt/nn/indexing.hpp>         // take_along

namespace clipt::inline CLIPT_BUILD {

/// Which elements come first. Equal ones stay in their order; NaN is the largest.
enum class sort_order { ascending, descending };

/// Elements in an order, and where each was: `values[i] = x[indices[i]]`.
template <class Values, class Indices>
struct ordered {
  Values values;
  Indices indices;  // std::int32_t
};

/// So many elements are taken of an axis: `taken<5>::of<3>::there`.
template <dim_t Count>
struct taken {
  template <dim_t Extent>
  struct of {
    static constexpr bool there = Count >= 0 && (Extent < 0 || Count <= Extent);
  };
};

namespace detail {

/// The positions of the first `Count` elements of each row, of all where it is negative.
template <dim_t Count, class Context, class Rows>
auto row_order(Context& ctx, const char* op, const Rows& rows, sort_order order) {
  using S = typename Rows::shape_type;
  using C = compute_t<typename Rows::value_type>;
  const auto o = shape_of(rows);
  const dim_t count = Count < 0 ? o.columns() : Count;
  if (count > o.columns())
    throw shape_error(std::string("clipt::") + op + ": " + std::to_string(count) + " elements of rows of " +
                      std::to_string(o.columns()) + ": there are fewer");
  using Out = with_last_t<S, (Count < 0 ? S::static_extent(S::rank - 1) : Count)>;
  const auto out = ctx.template output<std::int32_t>(with_last_axis<Out>(o, count));
  run_forward<ops::row_order>(ctx, rows, o, out, static_cast<C*>(nullptr), count, order == sort_order::descending);
  return view<const std::int32_t, Out, typename Context::device>(out);
}

}  // namespace detail

/// The first `Count` elements along an axis in an order, all where it is negative: what sort and topk, named by `op`, do.
template <int Axis, dim_t Count, class Context, class X>
auto sort_along(Context& ctx, const char* op, X&& x, sort_order order) {
  static_assert(numbers<value_in<X>>::are_floating,
                "clipt::sort: elements are floating: integers are not computed with; use cast<float>(x)");
  if constexpr (numbers<value_in<X>>::are_floating) {
    const auto e = eval(ctx, std::forward<X>(x));
    const auto indices = map_along<Axis>(
        ctx, op, detach(e), [&](const auto& rows) { return detail::row_order<Count>(ctx, op, rows, order); });
    const auto values = take_along<Axis>(ctx, e, indices);
    return ordered<std::remove_const_t<decltype(values)>, std::remove_const_t<decltype(indices)>>{values, indices};
  } else {
    return ordered<X, X>{x, x};  // refused above: no second error follows
  }
}

/// The positions of the elements along an axis in their order. PyTorch equivalent: `x.argsort(axis, stable=True)`.
template <int Axis = -1, operation_context Context, tensor_like X>
auto argsort(Context& ctx, X&& x, sort_order order = sort_order::ascending) {
  static_assert(numbers<value_in<X>>::are_floating,
                "clipt::sort: elements are floating: integers are not computed with; use cast<float>(x)");
  const auto e = operand_in(ctx, "argsort", std::forward<X>(x));
  return map_along<Axis>(ctx, "argsort", detach(e),
                         [&](const auto& rows) { return detail::row_order<-1>(ctx, "argsort", rows, order); });
}

/// The elements along an axis in their order, and their positions; the gradient goes to where each was.
/// PyTorch equivalent: `x.sort(axis, stable=True)`.
template <int Axis = -1, operation_context Context, tensor_like X>
auto sort(Context& ctx, X&& x, sort_order order = sort_order::ascending) {
  return sort_along<Axis, -1>(ctx, "sort", std::forward<X>(x), order);
}

/// The `Count` largest elements along an axis, the largest first, and their positions; or the smallest, ascending.
/// Errors: `shape_error` when there are fewer. PyTorch equivalent: `x.topk(count, axis)`.
template <dim_t Count, int Axis = -1, operation_context Context, tensor_like X>
auto topk(Context& ctx, X&& x, sort_order order = sort_order::descending) {
  using S = shape_in<X>;
  constexpr int axis = axes_of<S>::template has<Axis> ? detail::axis_from_front(Axis, S::rank) : 0;
  static_assert(taken<Count>::template of<S::static_extent(axis)>::there,
                "clipt::topk: the axis has as many elements as are taken: it has fewer");
  return sort_along<Axis, (Count < 0 ? 0 : Count)>(ctx, "topk", std::forward<X>(x), order);
}

}  // namespace clipt::inline CLIPT_BUILD
