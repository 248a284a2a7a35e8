// What the functions of linear algebra ask of their operands, at compile time and at run time.
#pragma once
#include <string>  // string

#include <clipt/autodiff/checked_operand.hpp>  // record_result
#include <clipt/autodiff/evaluate.hpp>         // eval
#include <clipt/core/check.hpp>                // extents, rank_of
#include <clipt/ops/linear_algebra.hpp>        // from_right, written_matrices

namespace clipt::inline CLIPT_BUILD {

/// A shape is that of a right-hand side of a [..., m, n]: [..., m] or [..., m, k] with the same leading axes.
template <class B>
struct right_hand_side {
  template <class A>
  struct of {
    static constexpr bool is_vector = B::rank == A::rank - 1;
    static constexpr dim_t m = detail::from_right<B>(is_vector ? 1 : 2);
    static constexpr bool fits = (is_vector || B::rank == A::rank) && m == detail::from_right<A>(2) &&
                                 std::is_same_v<drop_last_t<A, 2>, drop_last_t<B, is_vector ? 1 : 2>>;
  };
};

/// Whether an operand is a batch of matrices; what is not is refused with a sentence.
template <class X>
constexpr bool are_matrices() {
  static_assert(elements_of<value_in<X>>::are_float_or_double,
                "clipt: linear algebra is done in float or double: another element type is given; use cast<float>(x)");
  static_assert(rank_of<shape_in<X>>::template at_least<2>,
                "clipt: a of linear algebra is [..., m, n]: it has fewer than two axes; reshape it");
  return elements_of<value_in<X>>::are_float_or_double && shape_in<X>::rank >= 2;
}

/// The same of square matrices.
template <class X>
constexpr bool are_square() {
  constexpr bool matrices = are_matrices<X>();
  constexpr dim_t m = detail::from_right<shape_in<X>>(2), n = detail::from_right<shape_in<X>>(1);
  static_assert(!matrices || extents<m, n>::equal,
                "clipt: a of this function is square, [..., n, n]: its last two extents differ; see least_squares, qr "
                "and svd");
  return matrices && m == n;
}

/// Whether b is a right-hand side of a; what is not is refused with a sentence.
template <class A, class B>
constexpr bool are_systems() {
  static_assert(element_types<value_in<A>, value_in<B>>::equal,
                "clipt: a and b of a solver have one element type: they differ; use cast<T>(x)");
  static_assert(right_hand_side<shape_in<B>>::template of<shape_in<A>>::fits,
                "clipt: a solver's a is [..., m, n], its b [..., m] or [..., m, k]: the leading axes or the m differ");
  return std::is_same_v<value_in<A>, value_in<B>> && right_hand_side<shape_in<B>>::template of<shape_in<A>>::fits;
}

namespace detail {

/// An extent that both types give one name has one value, or the types give none and it must be so.
template <class A>
void check_square(const char* op, const A& a) {
  if (a.extent(A::rank - 2) != a.extent(A::rank - 1))
    throw shape_error(std::string("clipt::") + op + ": a " + to_string(a) +
                      " is square, [..., n, n]: its last two extents differ");
}

/// The extents of systems, compared.
template <class A, class B>
systems systems_of(const char* op, const A& a, const B& b) {
  constexpr bool is_vector = right_hand_side<B>::template of<A>::is_vector;
  const matrices left = matrices_of(a);
  bool fits = b.extent(A::rank - 2) == left.m;
  for (int i = 0; i < A::rank - 2; ++i) fits = fits && a.extent(i) == b.extent(i);
  if (!fits)
    throw shape_error(std::string("clipt::") + op + ": a " + to_string(a) + ", b " + to_string(b) +
                      ": a solver's a is [..., m, n], its b [..., m] or [..., m, k]: the leading axes or the m differ");
  return {left.count, left.m, left.n, is_vector ? 1 : b.extent(B::rank - 1)};
}

/// Where a backward writes the gradient of an opened operand: nowhere if it has none.
template <class X, class T = value_in<X>>
written_matrices<T> written_to(const X& x) {
  if constexpr (active<X>)
    return {x.gradient, x.stores};
  else
    return {};
}

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD
