// eval: computes an elementwise statement as one kernel and, in a recording, one tape node.
#pragma once
#include <clipt/autodiff/context.hpp>  // context, finish
#include <clipt/eval/canonical.hpp>    // canonical
#include <clipt/eval/cpu_map.hpp>      // map, map_backward
#include <clipt/eval/kernel.hpp>       // kernel
#include <clipt/expr/operators.hpp>    // what is evaluated

namespace clipt {

namespace ops {
/// The op of `eval`: one elementwise statement.
struct evaluate {};
}  // namespace ops

template <>
struct kernel<ops::evaluate, cpu> {
  template <class Context, class E, class T, class Shape>
  static void forward(Context& ctx, const E& e, const view<T, Shape, cpu>& out) {
    const auto c = on_cpu::canonical(e, out.shape);
    on_cpu::map(c.expression, out.data, c.space, ctx.threads());
  }
  template <class Context, class E, class T, class Shape>
  static void backward(Context& ctx, const E& e, const view<const T, Shape, cpu>& g) {
    const auto c = on_cpu::canonical(e, g.shape);
    on_cpu::map_backward(c.expression, g.data, c.space, ctx);
  }
};

namespace detail {

/// In a debug build: refuses views of an earlier round.
template <class E>
void check_stamps([[maybe_unused]] const char* op, [[maybe_unused]] const E& e) {
#ifndef NDEBUG
  if constexpr (requires { e.stamp; }) e.stamp.check(op);
  if constexpr (requires { e.a; }) check_stamps(op, e.a);
  if constexpr (requires { e.b; }) check_stamps(op, e.b);
  if constexpr (requires { e.c; }) check_stamps(op, e.c);
#endif
}

/// Beside a base with `pull` the name is ambiguous, so that it names this one only if the op has none.
struct without_pull {
  int pull;
};
template <class Op>
struct pull_of : Op, without_pull {};
template <class Op>
inline constexpr bool lacks_pull = requires {
  &pull_of<Op>::pull;
};

/// The first op of an expression that gradients pass through and that has none; void if there is no such op.
template <class E>
struct op_without_gradient {
  using type = void;
};
template <class E, class... More>
struct first_without_gradient : first_without_gradient<More...> {};
template <class E>
struct first_without_gradient<E> : op_without_gradient<E> {};
template <class E, class... More>
requires(!std::is_void_v<typename op_without_gradient<E>::type>) struct first_without_gradient<E, More...>
    : op_without_gradient<E> {
};
template <class Op, class... Args>
requires(active<node<Op, Args...>> && !lacks_pull<Op>) struct op_without_gradient<node<Op, Args...>>
    : first_without_gradient<Args...> {
};
template <class Op, class... Args>
requires(active<node<Op, Args...>>&& lacks_pull<Op>) struct op_without_gradient<node<Op, Args...>> {
  using type = Op;
};

template <class X>
inline constexpr bool is_leaf = requires(X x) {
  x.data;
};

}  // namespace detail

/// An op of a recorded statement has a `pull`: `gradient_of<softsign>::is_defined`.
template <class Op>
struct gradient_of {
  static constexpr bool is_defined = std::is_void_v<Op>;
};

/// Computes an elementwise statement; a leaf is returned as it is.
///
/// All of the statement is one pass over memory and, in a recording, one tape node whose backward recomputes the
/// intermediate values instead of storing them. Errors: `shape_error` when runtime extents of one name differ.
template <class Context, tensor_like X>
auto eval(Context& ctx, X&& x) {
  const auto e = as_expression(std::forward<X>(x));
  using E = std::remove_const_t<decltype(e)>;
  using Device = typename Context::device;
  static_assert(devices<std::conditional_t<std::is_void_v<device_of<E>>, Device, device_of<E>>, Device>::equal,
                "clipt::eval: the context and the operands are on one device: they differ; copy one of them");
  using Missing = typename detail::op_without_gradient<std::conditional_t<Context::records, E, void>>::type;
  static_assert(gradient_of<Missing>::is_defined,
                "clipt::eval: each op of a statement that is recorded has a static `pull(x..., y, g, gx&...)`, its "
                "gradient: one has none");
  detail::check_stamps("eval", e);
  if constexpr (!std::is_void_v<Missing>) {
    return e;  // refused above: no second error follows
  } else if constexpr (detail::is_leaf<E>) {
    if constexpr (Context::records)
      return e;
    else
      return view<const typename E::value_type, typename E::shape_type, typename E::device>{e.data, e.shape, e.stamp};
  } else {
    const auto out = ctx.template output<typename E::value_type>(shape_of(e));
    using Kernel = kernel<ops::evaluate, Device>;
    Kernel::forward(ctx, e, out);
    return finish<active<E>>(ctx, out, [e](auto& c, const auto& g) { Kernel::backward(c, e, g); });
  }
}

}  // namespace clipt
