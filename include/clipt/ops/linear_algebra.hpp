// Linear algebra: its tags, options and shape rules, what its kernels and its functions both know.
#pragma once
#include <limits>  // numeric_limits

#include <clipt/core/shape.hpp>  // shape
#include <clipt/ops/axes.hpp>    // from_right
#include <clipt/ops/kernel.hpp>  // kernel, for which these are tags

namespace clipt::inline CLIPT_BUILD {

namespace ops {

/// a = l lᵀ, of the symmetric part. `forward(ctx, matrices, a, l)`; `backward(ctx, matrices, l, g, ga)`.
struct cholesky {};
/// a = q r. `forward(ctx, matrices, a, q, r)`; `backward(ctx, matrices, q, r, gq, gr, ga)`, null where none is.
struct qr {};
/// a = u diag(s) vh. `forward(ctx, matrices, a, u, s, vh)`; `backward(ctx, matrices, u, s, vh, gu, gs, gvh, ga)`.
struct svd {};
/// a = v diag(w) vᵀ, of the symmetric part. `forward(ctx, matrices, a, w, v)`; `backward(ctx, matrices, w, v, gw, gv, ga)`.
struct eigh {};
/// `forward(ctx, systems, triangular_options, a, b, x)`; `backward(ctx, systems, triangular_options, a, x, g, ga, gb)`.
struct triangular_solve {};
/// `forward(ctx, systems, a, b, x)`; `backward(ctx, systems, a, x, g, ga, gb)`.
struct solve {};
/// `forward(ctx, matrices, a, x)`; `backward(ctx, matrices, x, g, ga)`.
struct inverse {};
/// `forward(ctx, matrices, absolute, a, y)`; `backward(ctx, matrices, a, g, ga)`.
struct log_det {};
/// `forward(ctx, systems, ridge, a, b, x, r)`, r for `backward(ctx, systems, r, a, b, x, g, ga, gb)`.
struct least_squares {};

}  // namespace ops

/// Which triangle `triangular_solve` reads, and how.
struct triangular_options {
  bool upper = false;      // the upper triangle, else the lower one
  bool transpose = false;  // solves with the transposed triangle
  bool unit = false;       // the diagonal is ones, and is not read
};

/// What `log_det` makes of a negative determinant.
struct log_det_options {
  bool absolute = false;  // the logarithm of its absolute value, else an error
};

/// How `least_squares` weighs small solutions.
struct least_squares_options {
  double ridge = 0;  // minimised is |a x - b|² + ridge |x|²
};

/// A batch of matrices [count, m, n].
struct matrices {
  dim_t count, m, n;

  constexpr dim_t smaller() const { return m < n ? m : n; }
};

/// A batch of systems: a [count, m, n], x [count, n, k], b [count, m, k].
struct systems {
  dim_t count, m, n, k;
};

/// Memory of a batch of matrices that is stored to, or added to; null where nothing is to be written.
template <class T>
struct written_matrices {
  T* data = nullptr;
  bool stores = true;
};

namespace detail {

/// What stands for "as the shape says" where an extent may be given.
inline constexpr dim_t from_the_shape = std::numeric_limits<dim_t>::min();

/// The smaller of two extents as far as types tell: `from_the_shape` if they do not.
template <class Shape>
constexpr dim_t smaller_extent() {
  constexpr dim_t m = from_right<Shape>(2), n = from_right<Shape>(1);
  if (m == n) return m;
  if (m < 0 || n < 0) return from_the_shape;
  return m < n ? m : n;
}

/// The leading axes of a batch of matrices, then extents of one's own.
template <class Shape, dim_t... Last>
using after_leading_t = concatenated_t<drop_last_t<Shape, 2>, shape<Last...>>;

/// A value of shape `To`: the leading axes of `from`, a batch of matrices, then these extents.
template <class To, class From, class... Extent>
constexpr To after_leading(const From& from, Extent... last) {
  dim_t all[To::rank == 0 ? 1 : To::rank] = {};
  int axis = 0;
  for (; axis < From::rank - 2; ++axis) all[axis] = from.extent(axis);
  ((all[axis++] = last), ...);
  return To::from(all);
}

/// The matrices of a shape [..., m, n].
template <class Shape>
constexpr matrices matrices_of(const Shape& s) {
  return {s.leading(Shape::rank - 2), s.extent(Shape::rank - 2), s.extent(Shape::rank - 1)};
}

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD
