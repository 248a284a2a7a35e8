// Expressions: value types that describe one elementwise statement; nothing is computed until it is evaluated.
#pragma once
#include <type_traits>  // is_arithmetic_v
#include <utility>      // as_const, declval

#include <clipt/core/check.hpp>       // broadcast, devices, element_types
#include <clipt/core/dtype.hpp>       // compute_t
#include <clipt/expr/bundle.hpp>      // bundle
#include <clipt/expr/generators.hpp>  // generated
#include <clipt/memory/tensor.hpp>    // tensor, parameter
#include <clipt/memory/view.hpp>      // view, var

namespace clipt::inline CLIPT_BUILD {

/// A number that fits every shape.
template <class T>
struct literal {
  using value_type = T;
  using shape_type = shape<>;
  using number = std::conditional_t<std::is_integral_v<T>, double, compute_t<T>>;
  number value;  // which T might round, or not hold at all
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

/// Whether an op makes elements of another type, as a cast does.
template <class Op>
inline constexpr bool changes_type = requires {
  typename Op::value_type;
};

/// Whether an op takes elements of an integer type T: casts do, and comparisons of 32 bits at most.
template <class Op, class T>
inline constexpr bool takes_integers = changes_type<Op> ||
                                       (sizeof(T) <= 4 && requires { requires Op::takes_integers; });

/// The word for an op in messages: its `name`, where it has one.
template <class Op>
constexpr const char* op_name() {
  if constexpr (requires { Op::name; })
    return Op::name;
  else
    return "elementwise";
}

}  // namespace detail

namespace detail {

/// The shape that some shapes are broadcast to.
template <class Shape, class... More>
struct common_shape {
  using type = Shape;
};
template <class A, class B, class... More>
struct common_shape<A, B, More...> : common_shape<broadcast_t<A, B>, More...> {};

template <class A, class... More>
struct first_of {
  using type = A;
};

}  // namespace detail

/// One elementwise op and its operands.
template <class Op, class... Args>
struct node {
  using value_type = typename detail::result_element<Op, typename detail::first_of<Args...>::type::value_type>::type;
  using shape_type = typename detail::common_shape<typename Args::shape_type...>::type;
  [[no_unique_address]] Op op;
  bundle<Args...> args;
};

/// The node of an op and its operands in a bundle.
template <class Op, int... I, class... Args>
CLIPT_HD constexpr node<Op, Args...> node_of(const Op& op, const detail::bundle_of<positions<I...>, Args...>& args) {
  return {op, args};
}

namespace detail {

template <class T>
inline constexpr bool is_expression = false;
template <class T, class Shape, class Device>
inline constexpr bool is_expression<view<T, Shape, Device>> = true;
template <class T, class Shape, class Device>
inline constexpr bool is_expression<var<T, Shape, Device>> = true;
template <class T>
inline constexpr bool is_expression<literal<T>> = true;
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
  // Gradients end at integers.
  static constexpr bool active =
      (leaf_facts<Args>::active || ...) && !std::is_integral_v<typename node<Op, Args...>::value_type>;
  template <class D, class... More>
  struct first {
    using type = D;
  };
  template <class... More>
  struct first<void, More...> : first<More...> {};
  using device = typename first<typename leaf_facts<Args>::device..., void, int>::type;
};
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

namespace detail {

/// Whether some part of an expression needs double: elements of that type, or integers that are made in it.
template <class E>
inline constexpr bool needs_double = std::is_same_v<typename E::value_type, double>;
template <class Op, class... Args>
inline constexpr bool needs_double<node<Op, Args...>> =
    std::is_same_v<typename node<Op, Args...>::value_type, double> ||
    std::is_integral_v<typename node<Op, Args...>::value_type> || (needs_double<Args> || ...);

}  // namespace detail

/// The type in which a statement with a result of type T is computed: the widest of its parts' and its result's.
template <class E, class T>
using computed_t = std::conditional_t<detail::needs_double<E> || std::is_same_v<T, double> || std::is_integral_v<T>,
                                      double, compute_t<T>>;

/// An operand outlives the statement that it is part of: a temporary that owns its elements does not.
template <class X>
struct kept_alive {
  static constexpr bool by_a_name = std::is_lvalue_reference_v<X> || !detail::is_owner<std::remove_cvref_t<X>>;
};

/// An array has no gradient of its own, as a parameter has.
template <class X>
struct own_gradient {
  static constexpr bool is_absent = !requires(const X& x) { x.gradient_data(); };
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
template <class Policy, dim_t... E>
auto as_expression(const parameter<Policy, E...>& x) {
  return x.leaf();
}
template <class Owner>
requires detail::is_owner<std::remove_const_t<Owner>>  // a temporary: what has a name is of a reference type
auto as_expression(Owner&& x) {
  static_assert(kept_alive<Owner>::by_a_name,
                "clipt: a temporary tensor or parameter cannot be part of an expression: its elements would be gone; "
                "give it a name");
  return as_expression(std::as_const(x));
}

/// The values of a tensor, of a parameter, or of a statement's leaves, with no gradient flowing back.
/// PyTorch equivalent: `x.detach()`.
template <class Owner>
requires detail::is_owner<std::remove_cvref_t<Owner>>
auto detach(Owner&& x) { return detach(as_expression(std::forward<Owner>(x))); }
template <class Op, class... Args>
auto detach(const node<Op, Args...>& e) {
  return node_of(e.op, map_bundle(e.args, [](const auto& arg) { return detach(arg); }));
}
template <class T>
literal<T> detach(const literal<T>& x) {
  return x;
}
template <class T, class Rule>
generated<T, Rule> detach(const generated<T, Rule>& x) {
  return x;
}

/// An operand as an expression with elements of type T where it has none of its own.
template <class T, class X>
constexpr auto operand_of(X&& x) {
  using Plain = std::remove_cvref_t<X>;
  if constexpr (std::is_arithmetic_v<Plain>) {
    return literal<T>{static_cast<typename literal<T>::number>(x)};
  } else if constexpr (detail::is_generator<Plain>) {
    return generated<T, decltype(x.rule)>{x.rule};
  } else {
    return as_expression(std::forward<X>(x));
  }
}

/// The shape of an expression with its runtime extents; `shape_error` when runtime extents of one name differ.
template <class T, class Shape, class Device>
CLIPT_HD constexpr Shape shape_of(const view<T, Shape, Device>& e) {
  return e.shape();
}
template <class T, class Shape, class Device>
CLIPT_HD constexpr Shape shape_of(const var<T, Shape, Device>& e) {
  return e.shape();
}
template <class T>
CLIPT_HD constexpr shape<> shape_of(const literal<T>&) {
  return {};
}
template <class T, class Rule>
CLIPT_HD constexpr shape<> shape_of(const generated<T, Rule>&) {
  return {};
}

namespace detail {

[[noreturn]] inline void refuse_extents(const char* op, const std::string& a, const std::string& b, dim_t name, dim_t p,
                                        dim_t q) {
  throw shape_error(std::string("clipt::") + op + ": " + a + " and " + b + ": the two " + word_of(name) + " differ (" +
                    std::to_string(p) + " and " + std::to_string(q) + ")");
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

namespace detail {

template <class Op, class A>
constexpr A common_extents(const A& a) {
  return a;
}
template <class Op, class A, class B, class... More>
constexpr auto common_extents(const A& a, const B& b, const More&... more) {
  return common_extents<Op>(broadcast_shape(op_name<Op>(), a, b), more...);
}

}  // namespace detail

template <class Op, class... Args>
constexpr auto shape_of(const node<Op, Args...>& e) {
  return apply_bundle(e.args, [](const auto&... arg) { return detail::common_extents<Op>(shape_of(arg)...); });
}

}  // namespace clipt::inline CLIPT_BUILD
