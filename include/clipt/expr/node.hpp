// Expressions: value types that describe one elementwise statement; nothing is computed until it is evaluated.
#pragma once
#include <type_traits>  // is_arithmetic_v
#include <utility>      // as_const, declval

#include <clipt/core/check.hpp>     // broadcast, devices, element_types
#include <clipt/memory/tensor.hpp>  // tensor, parameter
#include <clipt/memory/view.hpp>    // view, var

namespace clipt::inline CLIPT_BUILD {

/// A number that fits every shape.
template <class T>
struct constant {
  using value_type = T;
  using shape_type = shape<>;
  T value;
};

/// Values made from the position instead of memory: `Rule::at(row, column, columns)`; fits every shape.
template <class T, class Rule>
struct generated {
  using value_type = T;
  using shape_type = shape<>;
  [[no_unique_address]] Rule rule;
};

/// A generator before it is known which type of element it makes.
template <class Rule>
struct generator {
  [[no_unique_address]] Rule rule;
};

namespace detail {

/// The element type of an op's result: the operands', unless the op names one (a cast).
template <class Op, class T>
struct result_element {
  using type = T;
};
template <class Op, class T>
requires requires { typename Op::value_type; }
struct result_element<Op, T> {
  using type = typename Op::value_type;
};

/// The word for an op in messages: its `name`, where it has one.
template <class Op>
constexpr const char* op_name() {
  if constexpr (requires { Op::name; })
    return Op::name;
  else
    return "elementwise";
}

}  // namespace detail

/// One elementwise op and its one, two or three operands.
template <class Op, class... Args>
struct node;

template <class Op, class A>
struct node<Op, A> {
  using value_type = typename detail::result_element<Op, typename A::value_type>::type;
  using shape_type = typename A::shape_type;
  [[no_unique_address]] Op op;
  A a;
};

template <class Op, class A, class B>
struct node<Op, A, B> {
  using value_type = typename A::value_type;
  using shape_type = broadcast_t<typename A::shape_type, typename B::shape_type>;
  [[no_unique_address]] Op op;
  A a;
  B b;
};

template <class Op, class A, class B, class C>
struct node<Op, A, B, C> {
  using value_type = typename B::value_type;
  using shape_type = broadcast_t<broadcast_t<typename A::shape_type, typename B::shape_type>, typename C::shape_type>;
  [[no_unique_address]] Op op;
  A a;
  B b;
  C c;
};

namespace detail {

template <class T>
inline constexpr bool is_expression = false;
template <class T, class Shape, class Device>
inline constexpr bool is_expression<view<T, Shape, Device>> = true;
template <class T, class Shape, class Device>
inline constexpr bool is_expression<var<T, Shape, Device>> = true;
template <class T>
inline constexpr bool is_expression<constant<T>> = true;
template <class T, class Rule>
inline constexpr bool is_expression<generated<T, Rule>> = true;
template <class Op, class... Args>
inline constexpr bool is_expression<node<Op, Args...>> = true;

template <class T>
inline constexpr bool is_owner = false;
template <class T, class Shape, class Device>
inline constexpr bool is_owner<tensor<T, Shape, Device>> = true;
template <class Policy, dim_t... E>
inline constexpr bool is_owner<parameter<Policy, E...>> = true;

template <class T>
inline constexpr bool is_generator = false;
template <class Rule>
inline constexpr bool is_generator<generator<Rule>> = true;

template <class T>
struct leaf_facts {
  static constexpr bool active = false;
  using device = void;
};
template <class T, class Shape, class Device>
struct leaf_facts<view<T, Shape, Device>> {
  static constexpr bool active = false;
  using device = Device;
};
template <class T, class Shape, class Device>
struct leaf_facts<var<T, Shape, Device>> {
  static constexpr bool active = true;
  using device = Device;
};
template <class Op, class... Args>
struct leaf_facts<node<Op, Args...>> {
  static constexpr bool active = (leaf_facts<Args>::active || ...);
  template <class D, class... More>
  struct first {
    using type = D;
  };
  template <class... More>
  struct first<void, More...> : first<More...> {};
  using device = typename first<typename leaf_facts<Args>::device..., void, int>::type;
};
template <class Op, class A>
struct leaf_facts<node<Op, A>> : leaf_facts<A> {};

}  // namespace detail

/// An expression that can be evaluated: a leaf or a node.
template <class E>
concept expression = detail::is_expression<std::remove_cvref_t<E>>;

/// What may stand beside an operator together with an expression: also tensors, parameters, numbers, generators.
template <class E>
concept operand = expression<E> || detail::is_owner<std::remove_cvref_t<E>> ||
    detail::is_generator<std::remove_cvref_t<E>> || std::is_arithmetic_v<std::remove_cvref_t<E>>;

/// What has a shape and elements of its own: an expression, a tensor or a parameter.
template <class E>
concept tensor_like = expression<E> || detail::is_owner<std::remove_cvref_t<E>>;

/// Whether a gradient can flow into an expression: some leaf is a var or a parameter.
template <class E>
inline constexpr bool active = detail::leaf_facts<std::remove_cvref_t<E>>::active;

/// The device of an expression's leaves.
template <class E>
using device_of = typename detail::leaf_facts<std::remove_cvref_t<E>>::device;

/// The shape and the element type of an operand, whatever it is.
template <class X>
using shape_in = typename std::remove_cvref_t<X>::shape_type;
template <class X>
using value_in = typename std::remove_cvref_t<X>::value_type;

/// An operand outlives the statement that it is part of: a temporary that owns its elements does not.
template <class X>
struct kept_alive {
  static constexpr bool by_a_name = std::is_lvalue_reference_v<X> || !detail::is_owner<std::remove_cvref_t<X>>;
};

/// Where an expression may be computed: on the device of its leaves, anywhere if it has none.
template <class E, class Device>
inline constexpr bool runs_on = std::is_void_v<device_of<E>> || std::is_same_v<device_of<E>, Device>;

/// `x` as part of an expression: tensors become views, parameters become vars, expressions stay.
template <expression E>
CLIPT_HD constexpr E as_expression(const E& x) {
  return x;
}
template <class T, class Shape, class Device>
view<const T, Shape, Device> as_expression(const tensor<T, Shape, Device>& x) {
  return x.view();
}
template <class T, class Shape, class Device>
auto as_expression(tensor<T, Shape, Device>&&) {
  static_assert(kept_alive<tensor<T, Shape, Device>>::by_a_name,
                "clipt: a temporary tensor or parameter cannot be part of an expression: its elements would be gone; "
                "give it a name");
  return view<const T, Shape, Device>{};
}
template <class Policy, dim_t... E>
auto as_expression(const parameter<Policy, E...>& x) {
  return x.leaf();
}
template <class Policy, dim_t... E>
auto as_expression(parameter<Policy, E...>&& x) {
  static_assert(kept_alive<parameter<Policy, E...>>::by_a_name,
                "clipt: a temporary tensor or parameter cannot be part of an expression: its elements would be gone; "
                "give it a name");
  return x.leaf();
}

namespace detail {

/// An operand as an expression with elements of type T where it has none of its own.
template <class T, class X>
constexpr auto operand_of(X&& x) {
  using Plain = std::remove_cvref_t<X>;
  if constexpr (std::is_arithmetic_v<Plain>) {
    return constant<T>{static_cast<T>(x)};
  } else if constexpr (is_generator<Plain>) {
    return generated<T, decltype(x.rule)>{x.rule};
  } else {
    return as_expression(std::forward<X>(x));
  }
}

/// The element type of the first operand that has one.
template <class A, class... More>
struct element_of : element_of<More...> {};
template <class A, class... More>
requires tensor_like<A>
struct element_of<A, More...> {
  using type = typename std::remove_cvref_t<A>::value_type;
};

}  // namespace detail

/// The shape of an expression with its runtime extents; `shape_error` when runtime extents of one name differ.
template <class T, class Shape, class Device>
CLIPT_HD constexpr Shape shape_of(const view<T, Shape, Device>& e) {
  return e.shape;
}
template <class T, class Shape, class Device>
CLIPT_HD constexpr Shape shape_of(const var<T, Shape, Device>& e) {
  return e.shape;
}
template <class T>
CLIPT_HD constexpr shape<> shape_of(const constant<T>&) {
  return {};
}
template <class T, class Rule>
CLIPT_HD constexpr shape<> shape_of(const generated<T, Rule>&) {
  return {};
}

namespace detail {

[[noreturn]] inline void refuse_extents(const char* op, const std::string& a, const std::string& b, dim_t name, dim_t p,
                                        dim_t q) {
  throw shape_error(std::string("clipt::") + op + ": " + a + " and " + b + ": the two " + word_of(name) +
                    " differ (" + std::to_string(p) + " and " + std::to_string(q) + ")");
}

}  // namespace detail

/// The common shape of two operands; `shape_error` names the op when values of a runtime extent differ.
template <class A, class B>
constexpr broadcast_t<A, B> broadcast_shape(const char* op, const A& a, const B& b) {
  using Result = broadcast_t<A, B>;
  dim_t all[Result::rank == 0 ? 1 : Result::rank] = {};
  for (int k = 1; k <= Result::rank; ++k) {
    const dim_t p = k <= A::rank ? a.extent(A::rank - k) : 1, q = k <= B::rank ? b.extent(B::rank - k) : 1;
    const bool p_spreads = k > A::rank || A::static_extent(A::rank - k) == 1;
    const bool q_spreads = k > B::rank || B::static_extent(B::rank - k) == 1;
    if (p != q && !p_spreads && !q_spreads)
      detail::refuse_extents(op, to_string(a), to_string(b), A::static_extent(A::rank - k), p, q);
    all[Result::rank - k] = p_spreads ? q : p;
  }
  return Result::from(all);
}

template <class Op, class A>
constexpr auto shape_of(const node<Op, A>& e) {
  return shape_of(e.a);
}
template <class Op, class A, class B>
constexpr auto shape_of(const node<Op, A, B>& e) {
  return broadcast_shape(detail::op_name<Op>(), shape_of(e.a), shape_of(e.b));
}
template <class Op, class A, class B, class C>
constexpr auto shape_of(const node<Op, A, B, C>& e) {
  return broadcast_shape(detail::op_name<Op>(), broadcast_shape(detail::op_name<Op>(), shape_of(e.a), shape_of(e.b)),
                         shape_of(e.c));
}

namespace detail {

/// What an operand with elements of type T of its own or without them is in an expression.
template <class T, class X>
using operand_t = decltype(operand_of<T>(std::declval<const std::remove_cvref_t<X>&>()));

/// The device of the second operand, or that of the first where either has none.
template <class A, class B>
using other_device =
    std::conditional_t<std::is_void_v<device_of<A>> || std::is_void_v<device_of<B>>, device_of<A>, device_of<B>>;

}  // namespace detail

/// Op applied to operands, checked: the statement that all operators and elementwise functions are.
template <class Op, class X>
constexpr auto make_node(Op op, X&& x) {
  static_assert(kept_alive<X>::by_a_name,
                "clipt: a temporary tensor or parameter cannot be part of an expression: its elements would be gone; "
                "give it a name");
  const auto a = as_expression(std::as_const(x));
  return node<Op, std::remove_const_t<decltype(a)>>{op, a};
}
template <class Op, class X, class Y>
constexpr auto make_node(Op op, X&& x, Y&& y) {
  using T = typename detail::element_of<X, Y>::type;
  using A = detail::operand_t<T, X>;
  using B = detail::operand_t<T, Y>;
  static_assert(kept_alive<X>::by_a_name && kept_alive<Y>::by_a_name,
                "clipt: a temporary tensor or parameter cannot be part of an expression: its elements would be gone; "
                "give it a name");
  static_assert(broadcast<shape_in<A>, shape_in<B>>::compatible,
                "clipt: elementwise operands: right-aligned extents are equal, 1 or missing: two extents differ");
  static_assert(element_types<value_in<A>, value_in<B>>::equal,
                "clipt: elementwise operands: element types are the same: they differ; use cast<T>(x)");
  static_assert(devices<device_of<A>, detail::other_device<A, B>>::equal,
                "clipt: elementwise operands: one device: they are on two; copy one of them");
  if constexpr (element_types<value_in<A>, value_in<B>>::equal)
    return node<Op, A, B>{op, detail::operand_of<T>(std::as_const(x)), detail::operand_of<T>(std::as_const(y))};
  else
    return node<Op, A, A>{op, detail::operand_of<T>(std::as_const(x)), detail::operand_of<T>(std::as_const(x))};
}
template <class Op, class X, class Y, class Z>
constexpr auto make_node(Op op, X&& x, Y&& y, Z&& z) {
  using T = typename detail::element_of<X, Y, Z>::type;
  using A = detail::operand_t<T, X>;
  using B = detail::operand_t<T, Y>;
  using C = detail::operand_t<T, Z>;
  static_assert(kept_alive<X>::by_a_name && kept_alive<Y>::by_a_name && kept_alive<Z>::by_a_name,
                "clipt: a temporary tensor or parameter cannot be part of an expression: its elements would be gone; "
                "give it a name");
  static_assert(broadcast<shape_in<A>, shape_in<B>>::compatible && broadcast<shape_in<B>, shape_in<C>>::compatible &&
                    broadcast<shape_in<A>, shape_in<C>>::compatible,
                "clipt: elementwise operands: right-aligned extents are equal, 1 or missing: two extents differ");
  static_assert(element_types<value_in<A>, value_in<B>>::equal && element_types<value_in<B>, value_in<C>>::equal,
                "clipt: elementwise operands: element types are the same: they differ; use cast<T>(x)");
  static_assert(devices<device_of<A>, detail::other_device<A, B>>::equal &&
                    devices<device_of<B>, detail::other_device<B, C>>::equal &&
                    devices<device_of<A>, detail::other_device<A, C>>::equal,
                "clipt: elementwise operands: one device: they are on two; copy one of them");
  return node<Op, A, B, C>{op, detail::operand_of<T>(std::as_const(x)), detail::operand_of<T>(std::as_const(y)),
                           detail::operand_of<T>(std::as_const(z))};
}

}  // namespace clipt::inline CLIPT_BUILD
