// Operators and elementwise functions: they build expressions; `eval`, row ops and products compute them.
#pragma once
#include <cmath>    // sqrt
#include <string>   // to_string
#include <utility>  // forward

#include <clipt/expr/generators.hpp>  // causal_mask, dropout_mask
#include <clipt/expr/node.hpp>        // make_node, operand
#include <clipt/expr/ops.hpp>         // ops

namespace clipt::inline CLIPT_BUILD {

/// Operands of a two-operand operator: at least one has elements or is a generator, the other may be a number.
template <class A, class B>
concept operands = operand<A> && operand<B> &&
    !(std::is_arithmetic_v<std::remove_cvref_t<A>> && std::is_arithmetic_v<std::remove_cvref_t<B>>);

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
template <tensor_like X>
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

/// a where the mask is not 0, b elsewhere; the gradient goes to the one that was taken.
/// PyTorch equivalent: `torch.where(mask != 0, a, b)`.
template <operand Mask, class A, class B>
requires operand<A> && operand<B> &&
    (tensor_like<Mask> || tensor_like<A> || tensor_like<B>)auto where(Mask&& mask, A&& a, B&& b) {
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
template <tensor_like X>
auto clamp(X&& x, double low, double high) {
  return make_node(ops::clamp{low, high}, std::forward<X>(x));
}
/// |x|. PyTorch equivalent: `x.abs()`.
template <tensor_like X>
auto abs(X&& x) {
  return make_node(ops::absolute{}, std::forward<X>(x));
}
/// e^x. PyTorch equivalent: `x.exp()`.
template <tensor_like X>
auto exp(X&& x) {
  return make_node(ops::exponential{}, std::forward<X>(x));
}
/// The natural logarithm. PyTorch equivalent: `x.log()`.
template <tensor_like X>
auto log(X&& x) {
  return make_node(ops::logarithm{}, std::forward<X>(x));
}
/// log(1 + x), exact near 0. PyTorch equivalent: `x.log1p()`.
template <tensor_like X>
auto log1p(X&& x) {
  return make_node(ops::logarithm1p{}, std::forward<X>(x));
}
/// PyTorch equivalent: `x.sqrt()`.
template <tensor_like X>
auto sqrt(X&& x) {
  return make_node(ops::square_root{}, std::forward<X>(x));
}
/// 1 / sqrt(x). PyTorch equivalent: `x.rsqrt()`.
template <tensor_like X>
auto rsqrt(X&& x) {
  return make_node(ops::reciprocal_square_root{}, std::forward<X>(x));
}
/// x^exponent; of a negative x only whole exponents are numbers. PyTorch equivalent: `x.pow(exponent)`.
template <tensor_like X>
auto pow(X&& x, double exponent) {
  return make_node(ops::power{exponent}, std::forward<X>(x));
}
/// x². PyTorch equivalent: `x.square()`.
template <tensor_like X>
auto square(X&& x) {
  return make_node(ops::square{}, std::forward<X>(x));
}
/// PyTorch equivalent: `x.tanh()`.
template <tensor_like X>
auto tanh(X&& x) {
  return make_node(ops::hyperbolic_tangent{}, std::forward<X>(x));
}
/// 1 / (1 + exp(-x)). PyTorch equivalent: `x.sigmoid()`.
template <tensor_like X>
auto sigmoid(X&& x) {
  return make_node(ops::logistic{}, std::forward<X>(x));
}
/// max(x, 0). PyTorch equivalent: `F.relu(x)`.
template <tensor_like X>
auto relu(X&& x) {
  return make_node(ops::relu{}, std::forward<X>(x));
}
/// x sigmoid(x). PyTorch equivalent: `F.silu(x)`.
template <tensor_like X>
auto silu(X&& x) {
  return make_node(ops::silu{}, std::forward<X>(x));
}
/// x (1 + erf(x / sqrt 2)) / 2. PyTorch equivalent: `F.gelu(x)`.
template <tensor_like X>
auto gelu(X&& x) {
  return make_node(ops::gelu{}, std::forward<X>(x));
}
/// x (1 + tanh(sqrt(2/pi) (x + 0.044715 x³))) / 2. PyTorch equivalent: `F.gelu(x, approximate="tanh")`.
template <tensor_like X>
auto gelu_tanh(X&& x) {
  return make_node(ops::gelu_tanh{}, std::forward<X>(x));
}
/// x sigmoid(1.702 x), the activation of OpenAI's models. PyTorch equivalent: `x * torch.sigmoid(1.702 * x)`.
template <tensor_like X>
auto quick_gelu(X&& x) {
  return make_node(ops::quick_gelu{}, std::forward<X>(x));
}
/// log(1 + e^x). PyTorch equivalent: `F.softplus(x)`.
template <tensor_like X>
auto softplus(X&& x) {
  return make_node(ops::softplus{}, std::forward<X>(x));
}
/// The same numbers as elements of type T. PyTorch equivalent: `x.to(dtype)`.
template <class T, tensor_like X>
auto cast(X&& x) {
  if constexpr (std::is_integral_v<T> && std::is_same_v<value_in<X>, T>)
    return as_expression(std::forward<X>(x));  // exact, where a number on the way to it may not be
  else
    return make_node(ops::cast<T>{}, std::forward<X>(x));
}

/// The position along the last axis: 0, 1, 2, ...; `iota >= 2` is a mask. PyTorch equivalent: `torch.arange(columns)`, broadcast.
inline constexpr generator<ops::column_index> iota{};

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
