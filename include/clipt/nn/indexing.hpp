// Elements by number along any axis: index_select, take_along, scatter_add.
#pragma once
#include <cstdint>      // int64_t
#include <type_traits>  // is_integral_v

#include <clipt/eval/cpu_gather.hpp>  // the kernel on the CPU
#include <clipt/nn/along_axes.hpp>    // axes_of, with_axis

namespace clipt::inline CLIPT_BUILD {

/// Ids of a source fit: [count], as many as its extent along the axis, or one for each element.
template <int Axis, class Source, class Ids>
struct ids_for {
  static constexpr bool fit =
      std::is_same_v<Source, Ids> || (Ids::rank == 1 && Ids::static_extent(0) == Source::static_extent(Axis));
};

/// Numbers of elements: `ids_of<std::int32_t>::are_integers`.
template <class T>
struct ids_of {
  static constexpr bool are_integers = std::is_integral_v<T>;
};

namespace detail {

/// Which rows of n elements, among all `rows` of an array, are meant: `count` of them, at `at`.
struct numbered_rows {
  const std::int64_t* at;
  dim_t count, n, rows;
};

/// The rows that `number(i)` says, in the context's memory.
template <class Context, class F>
numbered_rows number_rows(Context& ctx, dim_t count, dim_t n, dim_t rows, F number) {
  auto* const at = ctx.template scratch<std::int64_t>(count);
  for (dim_t i = 0; i < count; ++i) at[i] = number(i);
  return {at, count, n, rows};
}

/// The rows of x, [Shape], that stand at places of an axis: for each run of its inner axes `count` places, `place(k)`.
template <class Context, class Shape, class Place>
numbered_rows rows_at_places(Context& ctx, const Shape& x, int axis, dim_t count, Place place) {
  const dim_t outer = x.leading(axis), extent = x.extent(axis);
  return number_rows(ctx, outer * count, inner_size(x, axis), outer * extent,
                     [=](dim_t i) { return i / count * extent + place(i % count); });
}

/// x's rows one after the other, as shape Out.
template <class Out, class Context, class X>
auto rows_taken(Context& ctx, const X& x, const numbered_rows& rows, const Out& shape) {
  const auto out = ctx.template output<typename X::value_type>(shape);
  run_forward<ops::gather>(ctx, x.data(), rows.at, rows.count, rows.n, out.data(), rows.rows);
  return record_result(
      ctx, out,
      [rows](auto& c, const auto& g, const auto& from) {
        run_backward<ops::gather>(c, g.data(), rows.at, rows.count, rows.n, from.gradient, rows.rows, from.stores);
      },
      x);
}

/// Refuses ids outside of an axis.
template <class Ids, class Shape>
void check_ids(const char* op, const Ids& ids, const Shape& x, int axis) {
  for (dim_t i = 0; i < ids.size(); ++i)
    if (ids.data()[i] < 0 || ids.data()[i] >= x.extent(axis))
      throw shape_error(std::string("clipt::") + op + ": id " + std::to_string(ids.data()[i]) + " at position " +
                        std::to_string(i) + " is outside [0, " + std::to_string(x.extent(axis)) + "), axis " +
                        std::to_string(axis) + " of " + to_string(x));
}

/// Whether ids mean places of an axis, [count], and not single elements.
template <class S, class I>
inline constexpr bool mean_places = I::rank == 1 && S::rank != 1;

/// The rows of x that ids mean: places along an axis, [count], or one for each element, with x's rank.
template <class Context, class S, class Ids>
numbered_rows rows_meant(Context& ctx, const char* op, const S& x, int axis, const Ids& ids) {
  check_ids(op, ids, x, axis);
  const auto* const at = ids.data();
  if constexpr (mean_places<S, typename Ids::shape_type>) {
    return rows_at_places(ctx, x, axis, ids.size(), [at](dim_t k) { return static_cast<dim_t>(at[k]); });
  } else {
    dim_t all[S::rank], extents[S::rank];
    for (int i = 0; i < S::rank; ++i) all[i] = ids.shape().extent(i), extents[i] = x.extent(i);
    return number_rows(ctx, ids.size(), 1, x.size(), [&](dim_t i) {
      dim_t element = 0, stride = 1, rest = i;
      for (int k = S::rank - 1; k >= 0; --k) {
        element += (k == axis ? static_cast<dim_t>(at[i]) : rest % all[k]) * stride;
        rest /= all[k];
        stride *= extents[k];
      }
      return element;
    });
  }
}

}  // namespace detail

/// The parts of x that `ids`, [count], name along an axis, in their order: [..., extent, ...] -> [..., count, ...].
///
/// dx adds up what all ids of a place get, in their order. ids: integers. Errors: `shape_error` when an id lies outside
/// of the axis. PyTorch equivalent: `x.index_select(axis, ids)`.
template <int Axis, operation_context Context, tensor_like X, tensor_like Ids>
auto index_select(Context& ctx, X&& x, Ids&& ids) {
  using S = shape_in<X>;
  static_assert(axes_of<S>::template has<Axis>, "clipt::index_select: x has the axis: it has fewer");
  static_assert(rank_of<shape_in<Ids>>::template is<1>,
                "clipt::index_select: ids [count]: they have another rank; reshape them, or use take_along");
  static_assert(ids_of<value_in<Ids>>::are_integers,
                "clipt: elements by number: ids are integers: they are not; use cast<std::int32_t>(ids)");
  const auto e = eval(ctx, std::forward<X>(x));
  const auto i = eval(ctx, std::forward<Ids>(ids));
  if constexpr (axes_of<S>::template has<Axis> && shape_in<Ids>::rank == 1 && ids_of<value_in<Ids>>::are_integers) {
    constexpr int axis = detail::axis_from_front(Axis, S::rank);
    using Out = detail::with_axis_t<S, axis, shape_in<Ids>::static_extent(0)>;
    const auto rows = detail::rows_meant(ctx, "index_select", e.shape(), axis, reshape(i, shape<columns>(i.size())));
    return detail::rows_taken(ctx, e, rows, detail::with_axis<Out>(e.shape(), axis, i.size()));
  } else {
    return e;  // refused above: no second error follows
  }
}

/// y[i, j, k] = x[i, ids[i, j, k], k] along axis 1, and so along each: ids and y have x's extents but that of the axis.
///
/// dx adds up what all ids of a place get. ids: integers. Errors: `shape_error` when an id lies outside of the axis, and
/// when other extents differ. PyTorch equivalent: `x.take_along_dim(ids, axis)`, `x.gather(axis, ids)`.
template <int Axis, operation_context Context, tensor_like X, tensor_like Ids>
auto take_along(Context& ctx, X&& x, Ids&& ids) {
  using S = shape_in<X>;
  using I = shape_in<Ids>;
  static_assert(axes_of<S>::template has<Axis>, "clipt::take_along: x has the axis: it has fewer");
  constexpr int axis = detail::axis_from_front(Axis, S::rank);
  static_assert(along<axis>::template join<S, I>::fit,
                "clipt::take_along: x and ids: all extents but that of the axis are equal: two differ");
  static_assert(ids_of<value_in<Ids>>::are_integers,
                "clipt: elements by number: ids are integers: they are not; use cast<std::int32_t>(ids)");
  const auto e = eval(ctx, std::forward<X>(x));
  const auto i = eval(ctx, std::forward<Ids>(ids));
  if constexpr (axes_of<S>::template has<Axis> && along<axis>::template join<S, I>::fit &&
                ids_of<value_in<Ids>>::are_integers) {
    detail::check_other_extents("take_along", e.shape(), i.shape(), axis);
    return detail::rows_taken(ctx, e, detail::rows_meant(ctx, "take_along", e.shape(), axis, i), i.shape());
  } else {
    return e;  // refused above: no second error follows
  }
}

/// A copy of x to which `source` is added at the places that `ids` name along an axis: ids [count], with a source of that
/// extent along the axis, or ids of the source's shape, one for each element.
///
/// dx = g; dsource is g at those places. Additions happen in the order of the ids. Errors: `shape_error` when an id lies
/// outside of the axis, and when other extents differ.
/// PyTorch equivalent: `x.index_add(axis, ids, source)`, `x.scatter_add(axis, ids, source)`.
template <int Axis, operation_context Context, tensor_like X, tensor_like Ids, tensor_like Source>
auto scatter_add(Context& ctx, X&& x, Ids&& ids, Source&& source) {
  using S = shape_in<X>;
  using I = shape_in<Ids>;
  static_assert(axes_of<S>::template has<Axis>, "clipt::scatter_add: x has the axis: it has fewer");
  constexpr int axis = detail::axis_from_front(Axis, S::rank);
  constexpr bool fit = along<axis>::template join<S, shape_in<Source>>::fit && ids_for<axis, shape_in<Source>, I>::fit;
  static_assert(
      ids_for<axis, shape_in<Source>, I>::fit,
      "clipt::scatter_add: ids [count], with a source of that extent along the axis, or of the source's shape: "
      "they have another");
  static_assert(along<axis>::template join<S, shape_in<Source>>::fit,
                "clipt::scatter_add: x and source: all extents but that of the axis are equal: two differ");
  static_assert(ids_of<value_in<Ids>>::are_integers,
                "clipt: elements by number: ids are integers: they are not; use cast<std::int32_t>(ids)");
  static_assert(element_types<value_in<X>, value_in<Source>>::equal,
                "clipt::scatter_add: element types are the same: they differ; use cast<T>(source)");
  const auto e = eval(ctx, std::forward<X>(x));
  const auto i = eval(ctx, std::forward<Ids>(ids));
  const auto s = eval(ctx, std::forward<Source>(source));
  if constexpr (fit && ids_of<value_in<Ids>>::are_integers && element_types<value_in<X>, value_in<Source>>::equal) {
    detail::check_other_extents("scatter_add", e.shape(), s.shape(), axis);
    const bool each = [&] {
      if constexpr (detail::mean_places<S, I>)
        return i.size() == s.shape().extent(axis);
      else
        return i.shape() == s.shape();
    }();
    if (!each)
      throw shape_error("clipt::scatter_add: ids " + to_string(i.shape()) + ", source " + to_string(s.shape()) +
                        ": each part of the source has an id: the numbers differ");
    const auto rows = detail::rows_meant(ctx, "scatter_add", e.shape(), axis, i);
    const auto out = ctx.template output<value_in<X>>(e.shape());
    run_forward<ops::copy>(ctx, e.data(), out.data(), e.size());
    run_backward<ops::gather>(ctx, s.data(), rows.at, rows.count, rows.n, out.data(), rows.rows, false);
    return record_result(
        ctx, out,
        [rows](auto& c, const auto& g, const auto& whole, const auto& part) {
          if constexpr (active<decltype(whole)>) detail::add_whole_gradient(c, whole, g.data(), g.size(), 1, g.size());
          if constexpr (active<decltype(part)>) {
            auto* const taken =
                part.stores ? part.gradient : c.template scratch<value_in<decltype(part)>>(rows.count * rows.n);
            run_forward<ops::gather>(c, g.data(), rows.at, rows.count, rows.n, taken, rows.rows);
            if (!part.stores)
              run_forward<ops::accumulate>(c, static_cast<const value_in<decltype(part)>*>(taken), part.gradient,
                                           rows.count * rows.n);
          }
        },
        e, s);
  } else {
    return e;  // refused above: no second error follows
  }
}

}  // namespace clipt::inline CLIPT_BUILD
