// operand_in and record_result: how an operation begins, with operands that are checked, and how it ends, with a node.
#pragma once
#include <clipt/expr/operators.hpp>  // as_expression, node

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// In a debug build: refuses views of an earlier round.
template <class E>
void check_stamps([[maybe_unused]] const char* op, [[maybe_unused]] const E& e) {
#ifndef NDEBUG
  if constexpr (requires { e.stamp; }) e.stamp.check(op);
#endif
}
template <class Op, class... Args>
void check_stamps(const char* op, const node<Op, Args...>& e) {
  apply_bundle(e.args, [op](const auto&... arg) { (check_stamps(op, arg), ...); });
}

/// Whether a statement draws masks of dropout.
template <class E>
inline constexpr bool draws = false;
template <class T>
inline constexpr bool draws<generated<T, ops::dropout_mask>> = true;
template <class Op, class... Args>
inline constexpr bool draws<node<Op, Args...>> = (draws<Args> || ...);

/// Refuses a mask that was made for fewer elements than the statement has.
template <class E>
void check_masks(const E&, dim_t) {}
template <class T>
void check_masks(const generated<T, ops::dropout_mask>& e, dim_t elements) {
  if (e.rule.elements != elements)
    throw shape_error("clipt::dropout: x has " + std::to_string(e.rule.elements) + " elements, the statement " +
                      std::to_string(elements) +
                      ": zeros would not be repeated with what is; write eval(ctx, dropout(...))");
}
template <class Op, class... Args>
void check_masks(const node<Op, Args...>& e, dim_t elements) {
  apply_bundle(e.args, [elements](const auto&... arg) { (check_masks(arg, elements), ...); });
}

/// Where a `pull` writes a gradient, or a copy, in which it would be lost.
template <bool Copied>
std::conditional_t<Copied, float, float&> pulled_to();

/// Whether an op has a `pull` that takes the values of its operands, its result, its gradient, and theirs, the Copied-th as
/// a copy, for which all must be references.
template <class Op, std::size_t Copied, std::size_t... I>
inline constexpr bool takes = requires(const Op& op, float x) {
  op.pull((static_cast<void>(I), x)..., x, x, pulled_to<I == Copied>()...);
};
template <class Op, class Values>
inline constexpr bool pulls = false;
template <class Op, std::size_t... I>
inline constexpr bool pulls<Op, std::index_sequence<I...>> =
    takes<Op, sizeof...(I), I...> && !(takes<Op, I, I...> || ...);
template <class Op, class... Args>
inline constexpr bool lacks_pull = !pulls<Op, std::make_index_sequence<sizeof...(Args)>>;

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
requires(active<node<Op, Args...>> && !lacks_pull<Op, Args...>) struct op_without_gradient<node<Op, Args...>>
    : first_without_gradient<Args...> {
};
template <class Op, class... Args>
requires(active<node<Op, Args...>>&& lacks_pull<Op, Args...>) struct op_without_gradient<node<Op, Args...>> {
  using type = Op;
};

}  // namespace detail

/// An op of a recorded statement has a `pull`: `gradient_of<softsign>::is_defined`.
template <class Op>
struct gradient_of {
  static constexpr bool is_defined = std::is_void_v<Op>;
};

/// Gradients flow into an expression, and each op on their way has one.
template <class E>
inline constexpr bool differentiable = active<E>&& std::is_void_v<typename detail::op_without_gradient<E>::type>;

/// `x` as an operand of an operation in `ctx`; `op` is named if a debug build finds that x is of an earlier round.
template <class Context, tensor_like X>
auto operand_in([[maybe_unused]] Context& ctx, [[maybe_unused]] const char* op, X&& x) {
  const auto e = as_expression(std::forward<X>(x));
  using E = std::remove_const_t<decltype(e)>;
  using Device = typename Context::device;
  static_assert(devices<std::conditional_t<std::is_void_v<device_of<E>>, Device, device_of<E>>, Device>::equal,
                "clipt: the context and all operands of an operation are on one device: one is not; copy it");
  using Recorded = std::conditional_t<Context::records, E, void>;
  static_assert(gradient_of<typename detail::op_without_gradient<Recorded>::type>::is_defined,
                "clipt: each op of a statement that is recorded has a static `pull(x..., y, g, gx&...)`, its gradient: "
                "one has none, or one with other arguments or a gx that is no reference");
  detail::check_stamps(op, e);
  if constexpr (detail::draws<E>) detail::check_masks(e, shape_of(e).size());
  return e;
}

/// The result of an operation: recorded if the context records and some operand is active, else a view.
template <class Context, class T, class Shape, class Device, class Backward, class... X>
auto record_result(Context& ctx, const view<T, Shape, Device>& out, Backward backward, const X&... operand) {
  if constexpr (Context::records && (differentiable<X> || ...))
    return ctx.record(out, backward, operand...);
  else if constexpr (Context::records && (active<X> || ...))  // refused already: what follows is not, too
    return ctx.record(out, [](auto&...) {});
  else
    return view<const T, Shape, Device>(out);
}

}  // namespace clipt::inline CLIPT_BUILD
