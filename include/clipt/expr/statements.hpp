// Statements are made here: an op applied to operands, which it checks; all operators and elementwise functions call make_node.
#pragma once
#include <type_traits>  // conditional_t

#include <clipt/expr/generators.hpp>  // combined_rule, generator
#include <clipt/expr/node.hpp>        // node, operand_of

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// The element type of the first operand that has one.
template <class A, class... More>
struct element_of : element_of<More...> {};
template <class A, class... More>
requires tensor_like<A>
struct element_of<A, More...> {
  using type = typename std::remove_cvref_t<A>::value_type;
};

/// What an operand with elements of type T of its own or without them is in an expression.
template <class T, class X>
using operand_t = decltype(operand_of<T>(std::declval<const std::remove_cvref_t<X>&>()));

/// The device of an operand, or `Device` where it has none.
template <class X, class Device>
using device_or = std::conditional_t<std::is_void_v<device_of<X>>, Device, device_of<X>>;

/// A generator's rule, or a number as one.
template <class X>
constexpr auto rule_of(const X& x) {
  if constexpr (is_generator<X>)
    return x.rule;
  else
    return ops::fixed_number{static_cast<double>(x)};
}

}  // namespace detail

/// Op applied to generators and numbers alone: what it makes is known when a statement has elements.
template <class Op, class... X>
requires(!(tensor_like<X> || ...)) constexpr auto make_node(Op op, const X&... x) {
  using Rule = ops::combined_rule<Op, decltype(detail::rule_of(x))...>;
  return generator<Rule>{Rule{op, {{detail::rule_of(x)}...}}};
}

/// A number keeps its value beside elements of type T: `number_beside<int, double>::is_kept` is false.
template <class T, class X>
struct number_beside {
  static constexpr bool is_kept = !(std::is_integral_v<T> && std::is_floating_point_v<X>);
};

/// Op applied to operands, checked: the statement that all operators and elementwise functions are.
template <class Op, class... X>
requires(tensor_like<X> || ...) constexpr auto make_node(Op op, X&&... x) {
  using T = typename detail::element_of<X...>::type;
  using Node = node<Op, detail::operand_t<T, X>...>;
  using Device = device_of<Node>;
  static_assert(broadcast<shape_in<detail::operand_t<T, X>>...>::compatible,
                "clipt: elementwise operands: right-aligned extents are equal, 1 or missing: two extents differ; a "
                "reduction keeps its axes, sum<1>(ctx, x, keep_axes)");
  static_assert((element_types<T, value_in<detail::operand_t<T, X>>>::equal && ...),
                "clipt: elementwise operands: element types are the same: they differ; use cast<T>(x)");
  static_assert(
      numbers<std::conditional_t<detail::takes_integers<Op, T>, float, T>>::are_floating,
      "clipt: elementwise operands: elements are floating: integers are not computed with; use cast<float>(x)");
  using Beside = std::conditional_t<detail::takes_integers<Op, T>, T, float>;
  static_assert(
      (number_beside<Beside, std::remove_cvref_t<X>>::is_kept && ...),
      "clipt: elementwise operands: a number beside integers is one: it would be rounded; use cast<float>(x)");
  static_assert((devices<Device, detail::device_or<detail::operand_t<T, X>, Device>>::equal && ...),
                "clipt: elementwise operands: one device: they are on two; copy one of them");
  return Node{op, {{operand_of<T>(std::forward<X>(x))}...}};
}

/// What is printed has elements: `printed<ops::add>::has_elements` is false.
template <class Op>
struct printed {
  static constexpr bool has_elements = std::is_void_v<Op>;
};

/// Statements have no elements that could be printed: refused with a sentence.
template <class Stream, class Op, class... Args>
auto operator<<(Stream& stream, const node<Op, Args...>&) -> decltype(stream << "") {
  static_assert(printed<Op>::has_elements, "clipt: a statement is not printed: it has no elements; print eval(ctx, x)");
  return stream;
}

}  // namespace clipt::inline CLIPT_BUILD
