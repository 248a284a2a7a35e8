// What the kernels of linear algebra share: batches of Eigen matrices, triangles, and sentences about what is wrong.
//
// Work is done in double on copies, column by column as Eigen likes it best: float matrices keep all their digits, and
// Eigen's decompositions, which cost more to compile than the rest of clipt, are compiled for one type. Products and
// triangles go through the few functions below for the same reason.
#pragma once
#include <algorithm>  // fill_n
#include <cmath>      // isfinite, sqrt
#include <cstdint>    // int32_t
#include <cstdio>     // snprintf
#include <limits>     // epsilon
#include <string>     // to_string

#include <clipt/core/device.hpp>          // cpu
#include <clipt/core/error.hpp>           // numeric_error
#include <clipt/eval/cpu_eigen_core.hpp>  // Matrix, triangularView
#include <clipt/eval/parallel.hpp>        // parallel_for
#include <clipt/ops/linear_algebra.hpp>   // tags, matrices

// The work is shared out by clipt, a matrix a piece; products cut up by OpenMP would have other bits.
#if defined(_OPENMP) && !defined(EIGEN_DONT_PARALLELIZE)
#error \
    "clipt: linear algebra gives the same bits for any number of threads: define EIGEN_DONT_PARALLELIZE beside -fopenmp"
#endif

namespace clipt::inline CLIPT_BUILD::on_cpu {

template <class R>
using matrix_of = Eigen::Matrix<R, Eigen::Dynamic, Eigen::Dynamic>;

/// What is worked on; functions are templates of the number R all the same, so that who calls none compiles none.
using work_matrix = matrix_of<double>;

/// The i-th matrix of a batch [..., m, n]; an empty one of a null pointer that is not an array without elements.
template <class T>
work_matrix matrix_from(const T* data, dim_t i, dim_t m, dim_t n) {
  if (data == nullptr && m * n > 0) return {};
  work_matrix x(m, n);
  for (dim_t row = 0; row < m; ++row)
    for (dim_t column = 0; column < n; ++column) x(row, column) = static_cast<double>(data[(i * m + row) * n + column]);
  return x;
}

/// Writes the i-th matrix of a batch.
template <class T>
void put(const written_matrices<T>& to, dim_t i, const work_matrix& x) {
  const dim_t m = x.rows(), n = x.cols();
  if (to.data == nullptr) return;
  for (dim_t row = 0; row < m; ++row)
    for (dim_t column = 0; column < n; ++column) {
      T& element = to.data[(i * m + row) * n + column];
      element = to.stores ? static_cast<T>(x(row, column)) : element + static_cast<T>(x(row, column));
    }
}

template <class R>
matrix_of<R> transposed(const matrix_of<R>& x) {
  return x.transpose();
}

template <class R>
matrix_of<R> multiply(const matrix_of<R>& a, const matrix_of<R>& b) {
  matrix_of<R> c(a.rows(), b.cols());
  c.noalias() = a * b;
  return c;
}

/// (x + xᵀ) / 2.
template <class R>
matrix_of<R> symmetric_part(const matrix_of<R>& x) {
  matrix_of<R> s(x.rows(), x.cols());
  for (dim_t j = 0; j < x.cols(); ++j)
    for (dim_t i = 0; i < x.rows(); ++i) s(i, j) = R(0.5) * x(i, j) + R(0.5) * x(j, i);
  return s;
}

/// One triangle, the diagonal included; zeros in the other.
template <class R>
matrix_of<R> triangle_of(matrix_of<R> x, bool upper) {
  for (dim_t j = 0; j < x.cols(); ++j)
    for (dim_t i = 0; i < x.rows(); ++i)
      if (upper ? i > j : i < j) x(i, j) = 0;
  return x;
}

/// t⁻¹ b, with a triangle of t.
template <class R>
matrix_of<R> solve_triangle(const matrix_of<R>& t, bool upper, matrix_of<R> b) {
  if (t.size() == 0 || b.size() == 0) return b;
  if (upper)
    t.template triangularView<Eigen::Upper>().solveInPlace(b);
  else
    t.template triangularView<Eigen::Lower>().solveInPlace(b);
  return b;
}

/// What is wrong with a matrix of a batch; the last ones: it has a result, but that has no gradient.
enum class trouble : std::int32_t {
  none,
  not_finite,    // row, column: the element
  not_positive,  // row: the pivot
  singular,      // row: the pivot
  deficient,     // column: the one that depends on those before it
  negative_determinant,
  no_convergence,
  dependent_columns,      // column: the one that depends on those before it
  equal_singular_values,  // row: the first of the two
  equal_eigenvalues,      // row: the first of the two
  no_singular_value,      // row: the one that is 0
};

struct finding {
  trouble what = trouble::none;
  dim_t row = 0, column = 0;
  double value = 0;

  explicit operator bool() const { return what != trouble::none; }
};

/// The sentence about a finding, after the op and the matrix.
inline std::string sentence_of(const finding& f) {
  char value[32];
  std::snprintf(value, sizeof value, "%.3g", f.value);
  const std::string row = std::to_string(f.row), column = std::to_string(f.column), next = std::to_string(f.row + 1);
  const std::string depends = "has dependent columns: but for " + std::string(value) + ", not above rounding, column " +
                              column + " is made of those before it; ";
  switch (f.what) {
    case trouble::not_finite:
      return "holds " + std::string(value) + " at row " + row + ", column " + column +
             "; look for the operation that made it";
    case trouble::not_positive:
      return "is not positive definite: pivot " + row + " is " + value +
             ", not above the rounding of its diagonal element; add a multiple of the identity";
    case trouble::singular:
      return "is singular: pivot " + row + " is " + value +
             ", not above the rounding of its terms; add a multiple of the identity, or use least_squares with a ridge";
    case trouble::deficient: return depends + "give a ridge above 0";
    case trouble::negative_determinant:
      return "has a negative determinant, which has no logarithm; {.absolute = true} gives that of its absolute value";
    case trouble::no_convergence: return "is given up: the iteration does not converge; scale the matrix";
    case trouble::dependent_columns: return depends + "q and r have no gradient there";
    case trouble::equal_singular_values:
      return "has equal singular values " + row + " and " + next + " (" + value +
             "): u and vh have no gradient there; use s alone";
    case trouble::equal_eigenvalues:
      return "has equal eigenvalues " + row + " and " + next + " (" + value +
             "): vectors have no gradient there; use values alone";
    case trouble::no_singular_value:
      return "has the singular value 0 at " + row + ": u and vh have no gradient there; use s alone";
    case trouble::none: break;
  }
  return {};
}

/// Calls `f(i)` for each of `count` matrices, in parallel; throws the first finding of the batch as a sentence.
///
/// All of the batch is worked on before, so that which matrix is named depends on no thread.
template <class Context, class F>
void for_each_matrix(Context& ctx, const char* op, dim_t count, F&& f) {
  finding* found = ctx.template scratch<finding>(count);
  std::fill_n(found, count, finding{});
  parallel_for(ctx.threads(), count, [&](dim_t i) { found[i] = f(i); });
  for (dim_t i = 0; i < count; ++i)
    if (found[i])
      throw numeric_error(std::string("clipt::") + op + ": matrix " + std::to_string(i) + " of " +
                          std::to_string(count) + " " + sentence_of(found[i]));
}

/// The first element, row by row, that is a NaN or an infinity: Eigen's iterations may not end with one, and a
/// factorisation that reads half of a matrix would not see it.
template <class R>
finding find_not_finite(const matrix_of<R>& a) {
  for (dim_t i = 0; i < a.rows(); ++i)
    for (dim_t j = 0; j < a.cols(); ++j)
      if (!std::isfinite(a(i, j))) return {trouble::not_finite, i, j, a(i, j)};
  return {};
}

/// A matrix without a gradient gets NaN, not memory that nobody has written, beside the error.
template <class T>
finding without_gradient(const written_matrices<T>& to, dim_t i, dim_t m, dim_t n, const finding& why) {
  put(to, i, work_matrix::Constant(m, n, std::numeric_limits<double>::quiet_NaN()));
  return why;
}

/// A pivot of an n x n matrix of T that is no larger than so much of the terms it is the sum of is their rounding; what
/// would follow from it is rounding, too.
template <class T>
double rounding_of(dim_t n) {
  return static_cast<double>(n) * static_cast<double>(std::numeric_limits<T>::epsilon());
}

}  // namespace clipt::inline CLIPT_BUILD::on_cpu
