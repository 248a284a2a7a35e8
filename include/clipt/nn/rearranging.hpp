// Arrays turned, shifted, widened and joined: slice at run time, flip, roll, repeat, pad, stack.
#pragma once
#include <clipt/nn/indexing.hpp>  // rows_at_places, rows_taken

namespace clipt::inline CLIPT_BUILD {

/// The bound of a slice that is the end of its axis.
inline constexpr dim_t to_the_end = most_elements;

/// Which elements of an axis a slice takes: begin, begin + step, ... up to but without end; negative bounds count from the end.
struct slice_bounds {
  dim_t begin = 0, end = to_the_end, step = 1;
};

/// An extent that is known at run time alone gets a name: `result_extent<rows>::has_a_name`.
template <dim_t Extent>
struct result_extent {
  static constexpr bool has_a_name = Extent < 0;
};

namespace detail {

/// A copy of x whose places k along an axis, [0, count), are x's places `place(k)`.
template <int Axis, dim_t Extent, class Context, class X, class Place>
auto places_taken(Context& ctx, const X& x, dim_t count, Place place) {
  using Out = with_axis_t<typename X::shape_type, Axis, Extent>;
  return rows_taken(ctx, x, rows_at_places(ctx, x.shape(), Axis, count, place), with_axis<Out>(x.shape(), Axis, count));
}

inline slice_bounds bounds_within(const slice_bounds& b, dim_t extent, const std::string& shape) {
  const auto from_front = [extent](dim_t bound) { return bound < 0 ? bound + extent : bound; };
  const slice_bounds found{from_front(b.begin), b.end == to_the_end ? extent : from_front(b.end), b.step};
  if (found.begin < 0 || found.begin > found.end || found.end > extent || found.step < 1)
    throw shape_error("clipt::slice: " + shape + ": from " + std::to_string(b.begin) + " to " +
                      (b.end == to_the_end ? "the end" : std::to_string(b.end)) + " by " + std::to_string(b.step) +
                      ": bounds lie within the axis, in order, and steps are 1 or more: they do not");
  return found;
}

}  // namespace detail

/// A copy of part of an axis whose bounds are known at run time: `slice<0, rows>(ctx, x, {.begin = 2, .step = 3})`; `Name`
/// is that of the result's extent. Outside the part dx is 0.
///
/// Errors: `shape_error` when a bound lies outside of the axis. PyTorch equivalent: `x[begin:end:step]`.
template <int Axis, dim_t Name, operation_context Context, tensor_like X>
auto slice(Context& ctx, X&& x, const slice_bounds& bounds) {
  using S = shape_in<X>;
  static_assert(axes_of<S>::template has<Axis>, "clipt::slice: x has the axis: it has fewer");
  static_assert(
      result_extent<Name>::has_a_name,
      "clipt::slice: bounds at run time: the result's extent has a name; give it, slice<axis, rows>(ctx, x, bounds)");
  const auto e = eval(ctx, std::forward<X>(x));
  if constexpr (axes_of<S>::template has<Axis> && result_extent<Name>::has_a_name) {
    constexpr int axis = detail::axis_from_front(Axis, S::rank);
    const auto b = detail::bounds_within(bounds, e.shape().extent(axis), to_string(e.shape()));
    const dim_t count = b.end == b.begin ? 0 : (b.end - b.begin - 1) / b.step + 1;
    if (b.step == 1) {
      using Out = detail::with_axis_t<S, axis, Name>;
      return detail::part_of(ctx, e, axis, b.begin, detail::with_axis<Out>(e.shape(), axis, count));
    }
    return detail::places_taken<axis, Name>(ctx, e, count, [b](dim_t k) { return b.begin + k * b.step; });
  } else {
    return e;  // refused above: no second error follows
  }
}

/// A copy of x with the order of an axis reversed. PyTorch equivalent: `x.flip(axis)`.
template <int Axis, operation_context Context, tensor_like X>
auto flip(Context& ctx, X&& x) {
  using S = shape_in<X>;
  static_assert(axes_of<S>::template has<Axis>, "clipt::flip: x has the axis: it has fewer");
  const auto e = eval(ctx, std::forward<X>(x));
  if constexpr (axes_of<S>::template has<Axis>) {
    constexpr int axis = detail::axis_from_front(Axis, S::rank);
    const dim_t n = e.shape().extent(axis);
    return detail::places_taken<axis, S::static_extent(axis)>(ctx, e, n, [=](dim_t k) { return n - 1 - k; });
  } else {
    return e;  // refused above: no second error follows
  }
}

/// A copy of x shifted along an axis, what leaves at one end enters at the other. PyTorch equivalent: `x.roll(shift, axis)`.
template <int Axis, operation_context Context, tensor_like X>
auto roll(Context& ctx, X&& x, dim_t shift) {
  using S = shape_in<X>;
  static_assert(axes_of<S>::template has<Axis>, "clipt::roll: x has the axis: it has fewer");
  const auto e = eval(ctx, std::forward<X>(x));
  if constexpr (axes_of<S>::template has<Axis>) {
    constexpr int axis = detail::axis_from_front(Axis, S::rank);
    const dim_t n = e.shape().extent(axis), back = n == 0 ? 0 : n - (shift % n + n) % n;
    return detail::places_taken<axis, S::static_extent(axis)>(ctx, e, n, [=](dim_t k) { return (k + back) % n; });
  } else {
    return e;  // refused above: no second error follows
  }
}

/// `Times` copies of x one after the other along an axis; a runtime extent gets the name `Name`. dx is the sum of what the
/// copies get. PyTorch equivalent: `x.repeat(...)`, along one axis.
template <int Axis, dim_t Times, dim_t Name = 0, operation_context Context, tensor_like X>
auto repeat(Context& ctx, X&& x) {
  using S = shape_in<X>;
  static_assert(axes_of<S>::template has<Axis>, "clipt::repeat: x has the axis: it has fewer");
  constexpr int axis = axes_of<S>::template has<Axis> ? detail::axis_from_front(Axis, S::rank) : 0;
  constexpr dim_t from = S::static_extent(axis), extent = from < 0 ? Name : from * Times;
  static_assert(from >= 0 || result_extent<Name>::has_a_name,
                "clipt::repeat: a runtime extent of the result has a name: it has none; give it, "
                "repeat<axis, times, rows>(ctx, x)");
  static_assert(Times >= 0, "clipt::repeat: the number of copies is 0 or more: it is negative");
  const auto e = eval(ctx, std::forward<X>(x));
  if constexpr (axes_of<S>::template has<Axis> && (from >= 0 || Name < 0) && Times >= 0) {
    const dim_t n = e.shape().extent(axis);
    return detail::places_taken<axis, extent>(ctx, e, n * Times, [=](dim_t k) { return k % n; });
  } else {
    return e;  // refused above: no second error follows
  }
}

/// x with `Before` places of `value` before and `After` behind it along an axis; a runtime extent gets the name `Name`.
/// dx is g without them. PyTorch equivalent: `F.pad(x, (before, after), value=value)`, along one axis.
template <int Axis, dim_t Before, dim_t After, dim_t Name = 0, operation_context Context, tensor_like X>
auto pad(Context& ctx, X&& x, double value = 0) {
  using S = shape_in<X>;
  using T = value_in<X>;
  static_assert(axes_of<S>::template has<Axis>, "clipt::pad: x has the axis: it has fewer");
  static_assert(Before >= 0 && After >= 0, "clipt::pad: numbers of places are 0 or more: one is negative; use slice");
  constexpr int axis = axes_of<S>::template has<Axis> ? detail::axis_from_front(Axis, S::rank) : 0;
  constexpr dim_t from = S::static_extent(axis), extent = from < 0 ? Name : from + Before + After;
  static_assert(from >= 0 || result_extent<Name>::has_a_name,
                "clipt::pad: a runtime extent of the result has a name: it has none; give it, "
                "pad<axis, before, after, rows>(ctx, x)");
  const auto e = eval(ctx, std::forward<X>(x));
  if constexpr (axes_of<S>::template has<Axis> && (from >= 0 || Name < 0) && Before >= 0 && After >= 0) {
    const dim_t n = e.shape().extent(axis), rows = e.shape().leading(axis);
    const auto out = ctx.template output<T>(
        detail::with_axis<detail::with_axis_t<S, axis, extent>>(e.shape(), axis, Before + n + After));
    const dim_t inner = detail::inner_size(e.shape(), axis);
    const dim_t stride = (Before + n + After) * inner, columns = n * inner, first = Before * inner;
    run_forward<ops::fill>(ctx, out.data(), out.size(), static_cast<T>(value));
    run_forward<ops::copy_block>(ctx, e.data(), columns, out.data() + first, stride, rows, columns);
    return record_result(
        ctx, out,
        [=](auto& c, const auto& g, const auto& part) {
          detail::add_whole_gradient(c, part, g.data() + first, stride, rows, columns);
        },
        e);
  } else {
    return e;  // refused above: no second error follows
  }
}

namespace detail {

template <class S, int Axis>
using with_one_t =
    concatenated_t<sub_shape_t<S, 0, Axis>, concatenated_t<shape<1>, sub_shape_t<S, Axis, S::rank - Axis>>>;

/// x with an axis of one place before the axis of that number.
template <int Axis, class X>
auto with_one(const X& x) {
  using Out = with_one_t<typename X::shape_type, Axis>;
  dim_t all[Out::rank];
  for (int i = 0; i < Out::rank; ++i) all[i] = i == Axis ? 1 : x.shape().extent(i < Axis ? i : i - 1);
  return with_shape(x, Out::from(all));
}

}  // namespace detail

/// Arrays of one shape along a new axis: of n [2, 3] with axis 0 [n, 2, 3]. PyTorch equivalent: `torch.stack([a, b], axis)`.
template <int Axis, operation_context Context, tensor_like A, tensor_like... More>
auto stack(Context& ctx, A&& a, More&&... more) {
  constexpr int rank = shape_in<A>::rank;
  static_assert(rank_of<shape_in<A>>::template at_least<(Axis < 0 ? -Axis - 1 : Axis)>,
                "clipt::stack: the new axis stands before one of x or behind the last: it does not");
  static_assert((shapes<shape_in<A>, shape_in<More>>::equal && ...), "clipt::stack: arrays of one shape: two differ");
  constexpr int axis = Axis < 0 ? Axis + rank + 1 : Axis;
  if constexpr (axis >= 0 && axis <= rank && (shapes<shape_in<A>, shape_in<More>>::equal && ...))
    return concat<axis>(ctx, detail::with_one<axis>(eval(ctx, std::forward<A>(a))),
                        detail::with_one<axis>(eval(ctx, std::forward<More>(more)))...);
  else
    return as_expression(a);  // refused above: no second error follows
}

}  // namespace clipt::inline CLIPT_BUILD
