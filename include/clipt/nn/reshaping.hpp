// reshape, slice, split, concat, prepend_token: the same elements under another shape, and parts of arrays.
#pragma once
#include <array>    // array
#include <tuple>    // tuple, apply
#include <utility>  // index_sequence

#include <clipt/autodiff/evaluate.hpp>  // eval, record_result
#include <clipt/eval/cpu_copy.hpp>      // the kernels on the CPU
#include <clipt/nn/permute.hpp>         // permute, transpose
#include <clipt/ops/axes.hpp>           // axis_part, along, with_axis, check_agreement

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// Adds `g`, the gradient of rows [begin, begin + columns) of each run of `stride` elements, to that of x.
template <class Context, class X, class T>
void add_part_gradient(Context& ctx, const X& x, const T* g, dim_t g_stride, dim_t rows, dim_t begin, dim_t columns,
                       dim_t stride) {
  if (!x.stores) return run_forward<ops::add_block>(ctx, g, g_stride, x.gradient + begin, stride, rows, columns);
  run_forward<ops::clear_block>(ctx, x.gradient, stride, rows, begin);
  run_forward<ops::clear_block>(ctx, x.gradient + begin + columns, stride, rows, stride - begin - columns);
  run_forward<ops::copy_block>(ctx, g, g_stride, x.gradient + begin, stride, rows, columns);
}

/// Adds `g`, rows of which `columns` belong to x, to all of x's gradient.
template <class Context, class X, class T>
void add_whole_gradient(Context& ctx, const X& x, const T* g, dim_t g_stride, dim_t rows, dim_t columns) {
  if (x.stores)
    run_forward<ops::copy_block>(ctx, g, g_stride, x.gradient, columns, rows, columns);
  else
    run_forward<ops::add_block>(ctx, g, g_stride, x.gradient, columns, rows, columns);
}

/// The part [begin, begin + extent of Out) of an axis, evaluated.
template <class Out, class Context, class X>
auto part_of(Context& ctx, const X& x, int axis, dim_t begin, const Out& shape) {
  const dim_t rows = x.shape().leading(axis), run = rows * x.shape().extent(axis);
  const dim_t inner = run == 0 ? 0 : x.shape().size() / run;
  const dim_t stride = x.shape().extent(axis) * inner, columns = shape.extent(axis) * inner, first = begin * inner;
  const auto out = ctx.template output<typename X::value_type>(shape);
  run_forward<ops::copy_block>(ctx, x.data() + first, stride, out.data(), columns, rows, columns);
  return record_result(
      ctx, out,
      [=](auto& c, const auto& g, const auto& whole) {
        add_part_gradient(c, whole, g.data(), columns, rows, first, columns, stride);
      },
      x);
}

}  // namespace detail

/// The elements of x under another shape with as many; nothing is copied. x: a tensor, parameter, view or var.
///
/// Runtime extents keep their names: `reshape<shape<batch, 49, 512>>(x)` of [batch, 7, 7, 512].
/// PyTorch equivalent: `x.view(shape)`.
template <class To, tensor_like X>
auto reshape(X&& x) {
  const auto e = as_expression(std::forward<X>(x));
  using E = std::remove_const_t<decltype(e)>;
  static_assert(
      requires { e.data(); },
      "clipt::reshape: x lies in memory: an expression does not; write reshape<...>(eval(ctx, x))");
  static_assert(names_of<To>::template stand_in<typename E::shape_type>,
                "clipt::reshape: runtime extents keep their names: one is not among x's, -1 is the name batch; write "
                "reshape(x, shape<rows>{n})");
  constexpr bool named = names_of<To>::template stand_in<typename E::shape_type>;
  static_assert(!named || elements<typename E::shape_type, To>::equal,
                "clipt::reshape: both shapes have the same number of elements: they differ");
  if constexpr (requires { e.data(); } && named)
    return detail::with_shape(e, detail::extents_by_name<To>(e.shape()));
  else
    return view<const typename E::value_type, To>{};  // refused above: no second error follows
}

/// The same where runtime extents change their names: `reshape(x, shape<rows, 512>{n})` of [batch, tokens, 512].
///
/// Errors: `shape_error` when the numbers of elements differ. PyTorch equivalent: `x.view(shape)`.
template <tensor_like X, dim_t... To>
auto reshape(X&& x, const shape<To...>& to) {
  const auto e = as_expression(std::forward<X>(x));
  using E = std::remove_const_t<decltype(e)>;
  using S = typename E::shape_type;
  static_assert(
      requires { e.data(); },
      "clipt::reshape: x lies in memory: an expression does not; write reshape(eval(ctx, x), shape)");
  static_assert(!S::is_static || !shape<To...>::is_static || elements<S, shape<To...>>::equal,
                "clipt::reshape: both shapes have the same number of elements: they differ");
  if constexpr (requires { e.data(); }) {
    if (e.shape().size() != to.size())
      throw shape_error("clipt::reshape: " + to_string(e.shape()) + " and " + to_string(to) +
                        ": both shapes have the same number of elements: they differ (" +
                        std::to_string(e.shape().size()) + " and " + std::to_string(to.size()) + ")");
    return detail::with_shape(e, to);
  } else {
    return view<const typename E::value_type, shape<To...>>{};  // refused above: no second error follows
  }
}

/// A copy of the part [Begin, Begin + Count) of an axis; Axis -1 is the last. Outside the part dx is 0.
/// PyTorch equivalent: `x.narrow(axis, begin, count).contiguous()`.
template <int Axis, dim_t Begin, dim_t Count, class Context, tensor_like X>
auto slice(Context& ctx, X&& x) {
  const auto e = eval(ctx, std::forward<X>(x));
  using S = typename std::remove_const_t<decltype(e)>::shape_type;
  constexpr int axis = detail::axis_from_front(Axis, S::rank);
  static_assert(rank_of<S>::template has_axis<axis>, "clipt::slice: x has the axis: it has fewer");
  if constexpr (!rank_of<S>::template has_axis<axis>)
    return e;  // refused above: no second error follows
  else {
    static_assert(axis_part<Begin, Count>::template of<S::static_extent(axis)>::fits,
                  "clipt::slice: [begin, begin + count) lies within the axis: it does not");
    if (Begin + Count > e.shape().extent(axis))
      throw shape_error("clipt::slice: " + to_string(e.shape()) + ": [" + std::to_string(Begin) + ", " +
                        std::to_string(Begin + Count) + ") lies within axis " + std::to_string(axis) + ": it does not");
    using Out = detail::with_axis_t<S, axis, Count>;
    return detail::part_of(ctx, e, axis, Begin, detail::with_axis<Out>(e.shape(), axis, Count));
  }
}

/// Copies of `Parts` equal parts of an axis, in an array. PyTorch equivalent: `x.chunk(parts, axis)`.
template <int Axis, dim_t Parts, class Context, tensor_like X>
auto split(Context& ctx, X&& x) {
  const auto e = eval(ctx, std::forward<X>(x));
  using S = typename std::remove_const_t<decltype(e)>::shape_type;
  constexpr int axis = detail::axis_from_front(Axis, S::rank);
  static_assert(rank_of<S>::template has_axis<axis>, "clipt::split: x has the axis: it has fewer");
  static_assert(static_extent<S::static_extent(axis)>::known,
                "clipt::split: the extent of the axis is known at compile time: it is not");
  static_assert(divides<Parts, S::static_extent(axis)>::evenly,
                "clipt::split: the number of parts divides the axis: it does not");
  constexpr dim_t count = S::static_extent(axis) / Parts;
  using Out = detail::with_axis_t<S, axis, count>;
  const Out out = detail::with_axis<Out>(e.shape(), axis, count);
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return std::array{detail::part_of(ctx, e, axis, static_cast<dim_t>(I) * count, out)...};
  }
  (std::make_index_sequence<Parts>{});
}

namespace detail {

/// concat of evaluated parts: what happens at run time.
template <int Axis, class Out, class Context, class... X>
auto joined_along(Context& ctx, const Out& shape, const X&... x) {
  using T = typename std::tuple_element_t<0, std::tuple<X...>>::value_type;
  const auto out = ctx.template output<T>(shape);
  const dim_t rows = shape.leading(Axis), stride = rows == 0 ? 0 : shape.size() / rows;
  dim_t begin = 0;
  const auto columns_of_part = [rows](const auto& part) { return rows == 0 ? dim_t{0} : part.shape().size() / rows; };
  ((run_forward<ops::copy_block>(ctx, x.data(), columns_of_part(x), out.data() + begin, stride, rows,
                                 columns_of_part(x)),
    begin += columns_of_part(x)),
   ...);
  return record_result(
      ctx, out,
      [=](auto& c, const auto& g, const auto&... opened) {
        dim_t at = 0;
        const auto pass = [&](const auto& part) {
          const dim_t columns = columns_of_part(part);
          if constexpr (active<decltype(part)>) add_whole_gradient(c, part, g.data() + at, stride, rows, columns);
          at += columns;
        };
        (pass(opened), ...);
      },
      x...);
}

/// No operand's extent along an axis is a runtime one.
template <int Axis, class... X>
inline constexpr bool extents_known = ((shape_in<X>::static_extent(Axis) >= 0) && ...);

template <int Axis, dim_t Name, class Context, class A, class... More>
auto concat(Context& ctx, const A& a, const More&... more) {
  using S = typename A::shape_type;
  constexpr int axis = axis_from_front(Axis, S::rank);
  constexpr dim_t extent = S::static_extent(axis) + (dim_t{0} + ... + More::shape_type::static_extent(axis));
  using Out = with_axis_t<S, axis, extents_known<axis, A, More...> ? extent : Name>;
  return joined_along<axis>(
      ctx, with_axis<Out>(a.shape(), axis, (a.shape().extent(axis) + ... + more.shape().extent(axis))), a, more...);
}

}  // namespace detail

/// Refuses parts of a concat that differ in more than its axis, by type and by value. `auto`, without which clang++ 14
/// compiles it later and does not name the user's line.
template <int Axis, tensor_like A, tensor_like B>
auto check_joined(const A& first, const B& other) {
  constexpr bool fit = along<Axis>::template join<shape_in<A>, shape_in<B>>::fit;
  static_assert(along<Axis>::template join<shape_in<A>, shape_in<B>>::fit,
                "clipt::concat: all extents but that of the axis are equal: two differ");
  if constexpr (fit)
    detail::check_other_extents("concat", shape_of(as_expression(first)), shape_of(as_expression(other)), Axis);
}

/// Operands one after the other along an axis, in which alone their extents may differ; Axis -1 is the last.
///
/// Where an extent along the axis is a runtime one the result's needs a name: `concat<0, rows>(ctx, a, b)`.
/// Errors: `shape_error` when other runtime extents differ. PyTorch equivalent: `torch.cat([a, b], axis)`.
template <int Axis, dim_t Name = 0, operation_context Context, tensor_like A, tensor_like... More>
auto concat(Context& ctx, A&& a, More&&... more) {
  using S = shape_in<A>;
  constexpr int axis = detail::axis_from_front(Axis, S::rank);
  static_assert(rank_of<S>::template has_axis<axis>, "clipt::concat: the operands have the axis: they have fewer");
  constexpr bool one_type = (element_types<value_in<A>, value_in<More>>::equal && ...);
  static_assert((element_types<value_in<A>, value_in<More>>::equal && ...),
                "clipt::concat: element types are the same: they differ; use cast<T>(x)");
  constexpr bool there = rank_of<S>::template has_axis<axis>;
  if constexpr (there) (check_joined<axis>(a, more), ...);
  constexpr bool named = detail::extents_known<there ? axis : 0, A, More...> || Name < 0;
  static_assert(named || !there,
                "clipt::concat: a runtime extent of the result has a name: it has none; give it, "
                "concat<axis, rows>(ctx, a, b)");
  if constexpr (one_type && named && there) {
    const std::tuple parts{eval(ctx, std::forward<A>(a)),
                           eval(ctx, std::forward<More>(more))...};  // braces: left to right
    return std::apply([&](const auto&... x) { return detail::concat<Axis, Name>(ctx, x...); }, parts);
  } else {
    return as_expression(a);  // refused above: no second error follows
  }
}

/// One token in front of each sample. token: [width], x: [batch, n, width] -> [batch, n + 1, width].
///
/// dtoken is the sum over the batch of g[:, 0]. PyTorch equivalent: `torch.cat([token.expand(batch, 1, -1), x], 1)`.
template <class Context, tensor_like Token, tensor_like X>
auto prepend_token(Context& ctx, Token&& token, X&& x) {
  using A = shape_in<Token>;
  using S = shape_in<X>;
  using T = value_in<X>;
  static_assert(rank_of<S>::template is<3> && rank_of<A>::template is<1>,
                "clipt::prepend_token: token [width], x [batch, n, width]: one of them has another rank");
  static_assert(extents<A::static_extent(0), S::static_extent(2)>::equal,
                "clipt::prepend_token: token [width], x [batch, n, width]: the two widths differ");
  static_assert(static_extent<S::static_extent(1)>::known,
                "clipt::prepend_token: the n of x [batch, n, width] is known at compile time: it is not");
  static_assert(element_types<value_in<Token>, T>::equal,
                "clipt::prepend_token: element types are the same: they differ; use cast<T>(x)");
  if constexpr (!element_types<value_in<Token>, T>::equal) {
    return as_expression(x);  // refused above: no second error follows
  } else {
    const auto t = eval(ctx, std::forward<Token>(token));
    const auto e = eval(ctx, std::forward<X>(x));
    detail::check_agreement(t.size() == e.shape().extent(2), "prepend_token", "token", t.shape(), "x", e.shape(),
                            "widths");
    using Out = shape<S::static_extent(0), S::static_extent(1) + 1, S::static_extent(2)>;
    const dim_t count = e.shape().extent(0), n = e.shape().extent(2), columns = e.shape().extent(1) * n,
                stride = columns + n;
    const auto out = ctx.template output<T>(detail::with_axis<Out>(e.shape(), 1, e.shape().extent(1) + 1));
    run_forward<ops::copy_block>(ctx, t.data(), 0, out.data(), stride, count, n);
    run_forward<ops::copy_block>(ctx, e.data(), columns, out.data() + n, stride, count, columns);
    return record_result(
        ctx, out,
        [=](auto& c, const auto& g, const auto& first, const auto& others) {
          if constexpr (active<decltype(first)>)
            run_backward<ops::prepend_token>(c, g.data(), stride, count, n, first.gradient, first.stores);
          if constexpr (active<decltype(others)>)
            detail::add_whole_gradient(c, others, g.data() + n, stride, count, columns);
        },
        t, e);
  }
}

}  // namespace clipt::inline CLIPT_BUILD
