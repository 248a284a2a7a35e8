// Operators and elementwise functions: they build expressions; `eval`, row ops and products compute them.
#pragma once
#include <cmath>    // sqrt
#include <string>   // to_string
#include <utility>  // forward

#include <clipt/expr/generators.hpp>  // causal_mask, dropout_mask
#include <clipt/expr/node.hpp>        // operand
#include <clipt/expr/ops.hpp>         // ops
#include <clipt/expr/statements.hpp>  // make_node

namespace clipt::inline CLIPT_BUILD {

/// Operands of a two-operand operator: at least one has elements or is a generator, the other may be a number.
template <class A, class B>
concept operands = operand<A> && operand<B> &&
    !(std::is_arithmetic_v<std::remove_cvref_t<A>> && std::is_arithmetic_v<std::remove_cvref_t<B>>);

/// The operand of an elementwise function: numbers alone are the standard library's.
template <class X>
concept values_or_generator = tensor_like<X> || detail::is_generator<std::remove_cvref_t<X>>;

/// An elementwise op of one's own: `apply<softsign>(x)`; `Op` is a struct with `apply` and `pull` like those of
/// ops.hpp.
template <class Op, tensor_like X>
auto apply(X&& x) {
  return make_node(Op{}, std::forward<X>(x));
}
template <class Op, class A, class B>
requires operands<A, B>
auto apply(A&& a, B&& b) { return make_node(Op{}, std::forward<A>(a), std::forward<B>(b)); }

template <class A, class B>
requires operands<A, B>
auto operator+(A&& a, B&& b) { return make_node(ops::add{}, std::forward<A>(a), std::forward<B>(b)); }
template <class A, class B>
requires operands<A, B>
auto operator-(A&& a, B&& b) { return make_node(ops::subtract{}, std::forward<A>(a), std::forward<B>(b)); }
template <class A, class B>
requires operands<A, B>
auto operator*(A&& a, B&& b) { return make_node(ops::multiply{}, std::forward<A>(a), std::forward<B>(b)); }
template <class A, class B>
requires operands<A, B>
auto operator/(A&& a, B&& b) { return make_node(ops::divide{}, std::forward<A>(a), std::forward<B>(b)); }
template <values_or_generator X>
auto operator-(X&& x) {
  return make_node(ops::negate{}, std::forward<X>(x));
}

// Comparisons give masks: 1 where the relation holds, 0 elsewhere, of the operands' element type.

template <class A, class B>
requires operands<A, B>
auto operator<(A&& a, B&& b) { return make_node(ops::compare<ops::less>{}, std::forward<A>(a), std::forward<B>(b)); }
template <class A, class B>
requires operands<A, B>
auto operator>(A&& a, B&& b) { return make_node(ops::compare<ops::less>{}, std::forward<B>(b), std::forward<A>(a)); }
template <class A, class B>
requires operands<A, B>
auto operator<=(A&& a, B&& b) {
  return make_node(ops::compare<ops::less_equal>{}, std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
requires operands<A, B>
auto operator>=(A&& a, B&& b) {
  return make_node(ops::compare<ops::less_equal>{}, std::forward<B>(b), std::forward<A>(a));
}
template <class A, class B>
requires operands<A, B>
auto operator==(A&& a, B&& b) { return make_node(ops::compare<ops::equal>{}, std::forward<A>(a), std::forward<B>(b)); }
template <class A, class B>
requires operands<A, B>
auto operator!=(A&& a, B&& b) {
  return make_node(ops::compare<ops::not_equal>{}, std::forward<A>(a), std::forward<B>(b));
}

// Of masks, where all that is not 0 holds, NaN too. Both sides of && and || are computed.

template <class A, class B>
requires operands<A, B>
auto operator&&(A&& a, B&& b) { return make_node(ops::compare<ops::both>{}, std::forward<A>(a), std::forward<B>(b)); }
template <class A, class B>
requires operands<A, B>
auto operator||(A&& a, B&& b) { return make_node(ops::compare<ops::either>{}, std::forward<A>(a), std::forward<B>(b)); }
template <values_or_generator X>
auto operator!(X&& x) {
  return make_node(ops::negation{}, std::forward<X>(x));
}

/// a where the mask is not 0, b elsewhere; the gradient goes to the one that was taken.
/// PyTorch equivalent: `torch.where(mask != 0, a, b)`.
template <operand Mask, class A, class B>
requires operand<A> && operand<B> &&(values_or_generator<Mask> || values_or_generator<A> ||
                                     values_or_generator<B>)auto where(Mask&& mask, A&& a, B&& b) {
  return make_node(ops::select{}, std::forward<Mask>(mask), std::forward<A>(a), std::forward<B>(b));
}

/// The smaller operand, NaN where one is NaN. PyTorch equivalent: `torch.minimum(a, b)`, whose gradient is halved at ties; ours goes to a.
template <class A, class B>
requires operands<A, B>
auto min(A&& a, B&& b) { return make_node(ops::minimum{}, std::forward<A>(a), std::forward<B>(b)); }
/// The larger operand, NaN where one is NaN. PyTorch equivalent: `torch.maximum(a, b)`, whose gradient is halved at ties; ours goes to a.
template <class A, class B>
requires operands<A, B>
auto max(A&& a, B&& b) { return make_node(ops::maximum{}, std::forward<A>(a), std::forward<B>(b)); }
/// x held in [low, high]; NaN stays. PyTorch equivalent: `x.clamp(low, high)`.
template <values_or_generator X>
auto clamp(X&& x, double low, double high) {
  return make_node(ops::clamp{low, high}, std::forward<X>(x));
}
/// |x|. PyTorch equivalent: `x.abs()`.
template <values_or_generator X>
auto abs(X&& x) {
  return make_node(ops::absolute{}, std::forward<X>(x));
}
/// e^x. PyTorch equivalent: `x.exp()`.
template <values_or_generator X>
auto exp(X&& x) {
  return make_node(ops::exponential{}, std::forward<X>(x));
}
/// The natural logarithm. PyTorch equivalent: `x.log()`.
template <values_or_generator X>
auto log(X&& x) {
  return make_node(ops::logarithm{}, std::forward<X>(x));
}
/// log(1 + x), exact near 0. PyTorch equivalent: `x.log1p()`.
template <values_or_generator X>
auto log1p(X&& x) {
  return make_node(ops::logarithm1p{}, std::forward<X>(x));
}
/// PyTorch equivalent: `x.sqrt()`.
template <values_or_generator X>
auto sqrt(X&& x) {
  return make_node(ops::square_root{}, std::forward<X>(x));
}
/// 1 / sqrt(x). PyTorch equivalent: `x.rsqrt()`.
template <values_or_generator X>
auto rsqrt(X&& x) {
  return make_node(ops::reciprocal_square_root{}, std::forward<X>(x));
}
/// x^exponent; of a negative x only whole exponents are numbers. PyTorch equivalent: `x.pow(exponent)`.
template <values_or_generator X>
auto pow(X&& x, double exponent) {
  return make_node(ops::power{exponent}, std::forward<X>(x));
}
/// x^exponent, both arrays or one a number; dexponent is g x^exponent log(x), 0 where x is.
/// PyTorch equivalent: `torch.pow(x, exponent)`.
template <class X, class E>
requires operands<X, E> && values_or_generator<E>
auto pow(X&& x, E&& exponent) { return make_node(ops::power_of{}, std::forward<X>(x), std::forward<E>(exponent)); }
/// PyTorch equivalent: `x.sin()`.
template <values_or_generator X>
auto sin(X&& x) {
  return make_node(ops::sine{}, std::forward<X>(x));
}
/// PyTorch equivalent: `x.cos()`.
template <values_or_generator X>
auto cos(X&& x) {
  return make_node(ops::cosine{}, std::forward<X>(x));
}
/// PyTorch equivalent: `x.tan()`.
template <values_or_generator X>
auto tan(X&& x) {
  return make_node(ops::tangent{}, std::forward<X>(x));
}
/// PyTorch equivalent: `x.atan()`.
template <values_or_generator X>
auto atan(X&& x) {
  return make_node(ops::arc_tangent{}, std::forward<X>(x));
}
/// 2 / sqrt(pi) times the integral of exp(-t²) from 0 to x. PyTorch equivalent: `x.erf()`.
template <values_or_generator X>
auto erf(X&& x) {
  return make_node(ops::error_function{}, std::forward<X>(x));
}
/// e^x - 1, exact near 0. PyTorch equivalent: `x.expm1()`.
template <values_or_generator X>
auto expm1(X&& x) {
  return make_node(ops::exponential_minus_1{}, std::forward<X>(x));
}
/// The logarithm of base 2. PyTorch equivalent: `x.log2()`.
template <values_or_generator X>
auto log2(X&& x) {
  return make_node(ops::binary_logarithm{}, std::forward<X>(x));
}
/// The largest whole number not above x; no gradient. PyTorch equivalent: `x.floor()`.
template <values_or_generator X>
auto floor(X&& x) {
  return make_node(ops::round_down{}, std::forward<X>(x));
}
/// The smallest whole number not below x; no gradient. PyTorch equivalent: `x.ceil()`.
template <values_or_generator X>
auto ceil(X&& x) {
  return make_node(ops::round_up{}, std::forward<X>(x));
}
/// The nearest whole number, of two the even one; no gradient. PyTorch equivalent: `x.round()`.
template <values_or_generator X>
auto round(X&& x) {
  return make_node(ops::round_to_nearest{}, std::forward<X>(x));
}
/// -1, 0 or 1, NaN of NaN; no gradient. PyTorch equivalent: `x.sign()`, but for NaN, of which it makes 0.
template <values_or_generator X>
auto sign(X&& x) {
  return make_node(ops::sign{}, std::forward<X>(x));
}
/// x². PyTorch equivalent: `x.square()`.
template <values_or_generator X>
auto square(X&& x) {
  return make_node(ops::square{}, std::forward<X>(x));
}
/// PyTorch equivalent: `x.tanh()`.
template <values_or_generator X>
auto tanh(X&& x) {
  return make_node(ops::hyperbolic_tangent{}, std::forward<X>(x));
}
/// 1 / (1 + exp(-x)). PyTorch equivalent: `x.sigmoid()`.
template <values_or_generator X>
auto sigmoid(X&& x) {
  return make_node(ops::logistic{}, std::forward<X>(x));
}
/// max(x, 0). PyTorch equivalent: `F.relu(x)`.
template <values_or_generator X>
auto relu(X&& x) {
  return make_node(ops::relu{}, std::forward<X>(x));
}
/// x sigmoid(x). PyTorch equivalent: `F.silu(x)`.
template <values_or_generator X>
auto silu(X&& x) {
  return make_node(ops::silu{}, std::forward<X>(x));
}
/// x (1 + erf(x / sqrt 2)) / 2. PyTorch equivalent: `F.gelu(x)`.
template <values_or_generator X>
auto gelu(X&& x) {
  return make_node(ops::gelu{}, std::forward<X>(x));
}
/// x (1 + tanh(sqrt(2/pi) (x + 0.044715 x³))) / 2. PyTorch equivalent: `F.gelu(x, approximate="tanh")`.
template <values_or_generator X>
auto gelu_tanh(X&& x) {
  return make_node(ops::gelu_tanh{}, std::forward<X>(x));
}
/// x sigmoid(1.702 x), the activation of OpenAI's models. PyTorch equivalent: `x * torch.sigmoid(1.702 * x)`.
template <values_or_generator X>
auto quick_gelu(X&& x) {
  return make_node(ops::quick_gelu{}, std::forward<X>(x));
}
/// log(1 + e^x). PyTorch equivalent: `F.softplus(x)`.
template <values_or_generator X>
auto softplus(X&& x) {
  return make_node(ops::softplus{}, std::forward<X>(x));
}
/// The same numbers as elements of type T. PyTorch equivalent: `x.to(dtype)`.
template <class T, tensor_like X>
auto cast(X&& x) {
  constexpr bool is_leaf = requires { as_expression(x).data(); };
  if constexpr (std::is_same_v<value_in<X>, T> && (std::is_integral_v<T> || is_leaf))
    return as_expression(std::forward<X>(x));  // exact, where a number on the way to it may not be
  else
    return make_node(ops::cast<T>{}, std::forward<X>(x));
}

/// The position along the last axis: 0, 1, 2, ...; `column_index >= 2` is a mask. PyTorch equivalent: `torch.arange(columns)`, broadcast.
inline constexpr generator<ops::column_index> column_index{};

/// The position along the last axis but one: `column_index == row_index` is the identity, broadcast.
/// PyTorch equivalent: `torch.arange(rows)[:, None]`, broadcast.
inline constexpr generator<ops::row_index> row_index{};

/// 0 up to the diagonal of the last two axes, minus infinity above: added to scores [..., queries, keys], the i-th query
/// sees the first i keys and the i-th. PyTorch equivalent: `torch.full((queries, keys), -inf).triu(1)`, broadcast.
inline constexpr generator<ops::causal_mask> causal{};

/// -1 on the diagonal of the last two axes and 1 beside it: the labels of pairwise losses.
/// PyTorch equivalent: `1 - 2 * torch.eye(rows, columns)`, broadcast.
inline constexpr generator<ops::off_diagonal_sign> off_diagonal_sign{};

/// x with each element set to 0 with probability p, and scaled by 1 / (1 - p) otherwise; a pure function of `random`.
/// Errors: `shape_error` when p is not in [0, 1], and when the statement repeats x's elements, whose zeros would not be
/// repeated with them. PyTorch equivalent: `F.dropout(x, p)`.
template <tensor_like X>
auto dropout(X&& x, double p, random_stream random) {
  if (!(p >= 0 && p <= 1))
    throw shape_error("clipt::dropout: p " + std::to_string(p) + " is not in [0, 1]: give the share of zeros");
  const auto e = as_expression(std::forward<X>(x));
  return e * generator<ops::dropout_mask>{{p, random, shape_of(e).size()}};
}

}  // namespace clipt::inline CLIPT_BUILD
