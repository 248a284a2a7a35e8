// Decompositions of batches of matrices on the CPU by Eigen, and their gradients: cholesky, qr, svd, eigh.
#pragma once
#include <clipt/eval/cpu_matrices.hpp>  // for_each_matrix, work_matrix; first, as it includes Eigen/Core in clipt's way

#include <Eigen/Cholesky>     // LLT
#include <Eigen/Eigenvalues>  // SelfAdjointEigenSolver
#include <Eigen/QR>           // HouseholderQR
#include <Eigen/SVD>          // BDCSVD
#include <algorithm>          // max

namespace clipt::inline CLIPT_BUILD {

namespace on_cpu {

/// The first pivot of a symmetric matrix that is not above its rounding, by the definition; Eigen does not tell.
template <class R>
finding find_pivot(const matrix_of<R>& a, R rounding) {
  matrix_of<R> l = matrix_of<R>::Zero(a.rows(), a.cols());
  for (dim_t k = 0; k < a.rows(); ++k)
    for (dim_t i = k; i < a.rows(); ++i) {
      R rest = a(i, k);
      for (dim_t j = 0; j < k; ++j) rest -= l(i, j) * l(k, j);
      if (i == k && !(rest > rounding * a(k, k))) return {trouble::not_positive, k, k, rest};
      l(i, k) = i == k ? std::sqrt(rest) : rest / l(k, k);
    }
  return {};
}

/// l of the symmetric part of a, by Eigen's LLT.
template <class R>
finding factor_cholesky(const matrix_of<R>& a, R rounding, matrix_of<R>& l) {
  if (const finding f = find_not_finite(a)) return f;
  const matrix_of<R> s = symmetric_part(a);
  const Eigen::LLT<matrix_of<R>> factor(s);
  l = triangle_of<R>(factor.matrixLLT(), false);
  bool positive = factor.info() == Eigen::Success;
  for (dim_t i = 0; i < a.rows(); ++i) positive = positive && l(i, i) * l(i, i) > rounding * s(i, i);
  return positive ? finding{} : find_pivot(s, rounding);
}

/// The sign that makes the first element of at least half a column's largest one positive: elements that are equal but
/// for rounding, as in (1, -1) / sqrt(2), decide nothing by chance.
template <class R>
R sign_of_column(const matrix_of<R>& x, dim_t column) {
  R largest = 0;
  for (dim_t i = 0; i < x.rows(); ++i) largest = std::max(largest, std::abs(x(i, column)));
  for (dim_t i = 0; i < x.rows(); ++i)
    if (std::abs(x(i, column)) >= largest / 2) return x(i, column) < 0 ? R(-1) : R(1);
  return 1;
}

template <class R>
finding factor_eigh(const matrix_of<R>& a, matrix_of<R>& values, matrix_of<R>& vectors) {
  if (const finding f = find_not_finite(a)) return f;
  const Eigen::SelfAdjointEigenSolver<matrix_of<R>> factor(symmetric_part(a));
  if (factor.info() != Eigen::Success) return {trouble::no_convergence};
  values = factor.eigenvalues();
  vectors = factor.eigenvectors();
  for (dim_t i = 0; i < a.rows(); ++i) vectors.col(i) *= sign_of_column(vectors, i);
  return {};
}

template <class R>
finding factor_qr(const matrix_of<R>& a, matrix_of<R>& q, matrix_of<R>& r) {
  if (const finding f = find_not_finite(a)) return f;
  const dim_t k = std::min(a.rows(), a.cols());
  const Eigen::HouseholderQR<matrix_of<R>> factor(a);
  q = matrix_of<R>::Identity(a.rows(), k);
  q.applyOnTheLeft(factor.householderQ());
  r = triangle_of<R>(factor.matrixQR().topRows(k), true);
  for (dim_t i = 0; i < k; ++i) {
    if (r(i, i) >= 0) continue;
    r.row(i) *= -1;
    q.col(i) *= -1;
  }
  return {};
}

template <class R>
finding factor_svd(const matrix_of<R>& a, matrix_of<R>& u, matrix_of<R>& s, matrix_of<R>& v) {
  if (const finding f = find_not_finite(a)) return f;
  const Eigen::BDCSVD<matrix_of<R>> factor(a, Eigen::ComputeThinU | Eigen::ComputeThinV);
  u = factor.matrixU();
  s = factor.singularValues();
  v = factor.matrixV();
  if (factor.info() != Eigen::Success || find_not_finite(s)) return {trouble::no_convergence};
  for (dim_t i = 0; i < u.cols(); ++i) {
    const R sign = sign_of_column(u, i);
    u.col(i) *= sign;
    v.col(i) *= sign;
  }
  return {};
}

/// Differences and values of at most so much of the largest one are taken as the rounding of their computation.
template <class T>
double spread_of_rounding() {
  return 8 * static_cast<double>(std::numeric_limits<T>::epsilon());
}

/// Neighbours in an ordered column of values that are equal but for rounding.
template <class R>
finding find_equal(const matrix_of<R>& values, R rounding, trouble what) {
  R largest = 0;
  for (dim_t i = 0; i < values.rows(); ++i) largest = std::max(largest, std::abs(values(i, 0)));
  for (dim_t i = 0; i + 1 < values.rows(); ++i)
    if (!(std::abs(values(i + 1, 0) - values(i, 0)) > rounding * largest)) return {what, i, 0, values(i, 0)};
  return {};
}

/// The last of singular values in descending order, if it is 0 but for rounding.
template <class R>
finding find_zero(const matrix_of<R>& values, R rounding) {
  const dim_t last = values.rows() - 1;
  if (last < 0 || values(last, 0) > rounding * values(0, 0)) return {};
  return {trouble::no_singular_value, last};
}

/// The first column of r on whose diagonal there is nothing but rounding.
template <class R>
finding find_dependent(const matrix_of<R>& r, R rounding) {
  for (dim_t c = 0; c < r.rows(); ++c) {
    R squares = 0;
    for (dim_t i = 0; i <= c; ++i) squares += r(i, c) * r(i, c);
    if (!(r(c, c) > rounding * std::sqrt(squares))) return {trouble::dependent_columns, c, c, r(c, c)};
  }
  return {};
}

/// The gradient of a through its factor l.
template <class R>
matrix_of<R> pull_cholesky(const matrix_of<R>& l, const matrix_of<R>& g) {
  const matrix_of<R> upper = transposed(l);
  matrix_of<R> p = triangle_of(multiply(upper, triangle_of(g, false)), false);
  for (dim_t i = 0; i < p.rows(); ++i) p(i, i) /= 2;
  return symmetric_part(solve_triangle(upper, true, transposed(solve_triangle(upper, true, p))));
}

/// The gradient of a through values, vectors or both; an empty matrix is no gradient.
template <class R>
matrix_of<R> pull_eigh(const matrix_of<R>& w, const matrix_of<R>& v, const matrix_of<R>& gw, const matrix_of<R>& gv) {
  const dim_t n = v.rows();
  matrix_of<R> inner = matrix_of<R>::Zero(n, n);
  if (gv.size() > 0) {
    const matrix_of<R> e = multiply(transposed(v), gv);
    for (dim_t j = 0; j < n; ++j)
      for (dim_t i = 0; i < n; ++i)
        if (i != j) inner(i, j) = e(i, j) / (w(j, 0) - w(i, 0));
  }
  for (dim_t i = 0; i < gw.size(); ++i) inner(i, i) = gw(i, 0);
  return symmetric_part(multiply(multiply(v, inner), transposed(v)));
}

/// The gradient of a through q, r or both; an empty matrix is no gradient.
template <class R>
matrix_of<R> pull_qr(const matrix_of<R>& q, const matrix_of<R>& r, const matrix_of<R>& gq, const matrix_of<R>& gr) {
  const dim_t m = q.rows(), k = q.cols(), n = r.cols();
  matrix_of<R> of_q = matrix_of<R>::Zero(m, k), c = matrix_of<R>::Zero(k, k), right = matrix_of<R>::Zero(m, n - k);
  if (gq.size() > 0) of_q = gq;
  if (gr.size() > 0) {  // columns from k on are q times theirs in r
    const matrix_of<R> of_right = gr.rightCols(n - k);
    right = multiply(q, of_right);
    of_q += multiply(multiply(q, matrix_of<R>(r.rightCols(n - k))), transposed(of_right));
    c = multiply(matrix_of<R>(r.leftCols(k)), transposed(matrix_of<R>(gr.leftCols(k))));
  }
  c -= multiply(transposed(of_q), q);
  for (dim_t j = 0; j < k; ++j)
    for (dim_t i = 0; i < j; ++i) c(i, j) = c(j, i);
  of_q += multiply(q, c);
  matrix_of<R> result(m, n);
  result.leftCols(k) = transposed(solve_triangle(matrix_of<R>(r.leftCols(k)), true, transposed(of_q)));
  result.rightCols(n - k) = right;
  return result;
}

/// inner += f ∘ (e - eᵀ), f_ij = s_j / (s_j² - s_i²), or with s_i above; written so that small values do not underflow.
template <class R>
void add_turn(const matrix_of<R>& s, const matrix_of<R>& e, bool by_column, matrix_of<R>& inner) {
  for (dim_t j = 0; j < s.rows(); ++j)
    for (dim_t i = 0; i < s.rows(); ++i)
      if (i != j)
        inner(i, j) += s(by_column ? j : i, 0) / (s(j, 0) + s(i, 0)) * ((e(i, j) - e(j, i)) / (s(j, 0) - s(i, 0)));
}

/// The gradient of a through u, s, v or some of them; an empty matrix is no gradient.
template <class R>
matrix_of<R> pull_svd(const matrix_of<R>& u, const matrix_of<R>& s, const matrix_of<R>& v, const matrix_of<R>& gu,
                      const matrix_of<R>& gs, const matrix_of<R>& gv) {
  const dim_t m = u.rows(), k = u.cols(), n = v.rows();
  matrix_of<R> inner = matrix_of<R>::Zero(k, k), beside_u = matrix_of<R>::Zero(m, k),
               beside_v = matrix_of<R>::Zero(n, k);
  for (dim_t i = 0; i < gs.size(); ++i) inner(i, i) = gs(i, 0);
  if (gu.size() > 0) {
    const matrix_of<R> e = multiply(transposed(u), gu);
    add_turn(s, e, true, inner);
    if (m > k) beside_u = gu - multiply(u, e);
  }
  if (gv.size() > 0) {
    const matrix_of<R> e = multiply(transposed(v), gv);
    add_turn(s, e, false, inner);
    if (n > k) beside_v = gv - multiply(v, e);
  }
  for (dim_t j = 0; j < k; ++j) {  // what lies outside the spaces of u and v, over s; none of it where s may be 0
    if (gu.size() > 0 && m > k) beside_u.col(j) /= s(j, 0);
    if (gv.size() > 0 && n > k) beside_v.col(j) /= s(j, 0);
  }
  return multiply(matrix_of<R>(multiply(u, inner) + beside_u), transposed(v)) + multiply(u, transposed(beside_v));
}

}  // namespace on_cpu

template <>
struct kernel<ops::cholesky, cpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const matrices& p, const T* a, T* l) {
    using namespace on_cpu;
    if (p.n == 0) return;
    for_each_matrix(ctx, "cholesky", p.count, [=](dim_t i) {
      work_matrix factor;
      const finding f = factor_cholesky(matrix_from(a, i, p.n, p.n), rounding_of<T>(p.n), factor);
      if (!f) put<T>({l}, i, factor);
      return f;
    });
  }

  template <class Context, class T>
  static void backward(Context& ctx, const matrices& p, const T* l, const T* g, const written_matrices<T>& ga) {
    using namespace on_cpu;
    parallel_for(ctx.threads(), p.count,
                 [=](dim_t i) { put(ga, i, pull_cholesky(matrix_from(l, i, p.n, p.n), matrix_from(g, i, p.n, p.n))); });
  }
};

template <>
struct kernel<ops::eigh, cpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const matrices& p, const T* a, T* values, T* vectors) {
    using namespace on_cpu;
    if (p.n == 0) return;
    for_each_matrix(ctx, "eigh", p.count, [=](dim_t i) {
      work_matrix w, v;
      const finding f = factor_eigh(matrix_from(a, i, p.n, p.n), w, v);
      if (f) return f;
      put<T>({values}, i, w);
      put<T>({vectors}, i, v);
      return f;
    });
  }

  /// The gradient through values, vectors or both; a null pointer is no gradient.
  template <class Context, class T>
  static void backward(Context& ctx, const matrices& p, const T* values, const T* vectors, const T* of_values,
                       const T* of_vectors, const written_matrices<T>& ga) {
    using namespace on_cpu;
    for_each_matrix(ctx, "eigh", p.count, [=](dim_t i) {
      const work_matrix w = matrix_from(values, i, p.n, 1);
      finding f;
      if (of_vectors != nullptr) f = find_equal(w, spread_of_rounding<T>(), trouble::equal_eigenvalues);
      if (f) return without_gradient(ga, i, p.n, p.n, f);
      put(ga, i,
          pull_eigh(w, matrix_from(vectors, i, p.n, p.n), matrix_from(of_values, i, p.n, 1),
                    matrix_from(of_vectors, i, p.n, p.n)));
      return f;
    });
  }
};

template <>
struct kernel<ops::qr, cpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const matrices& p, const T* a, T* q, T* r) {
    using namespace on_cpu;
    if (p.smaller() == 0) return;
    for_each_matrix(ctx, "qr", p.count, [=](dim_t i) {
      work_matrix columns, triangle;
      const finding f = factor_qr(matrix_from(a, i, p.m, p.n), columns, triangle);
      if (f) return f;
      put<T>({q}, i, columns);
      put<T>({r}, i, triangle);
      return f;
    });
  }

  /// The gradient through q, r or both; a null pointer is no gradient.
  template <class Context, class T>
  static void backward(Context& ctx, const matrices& p, const T* q, const T* r, const T* gq, const T* gr,
                       const written_matrices<T>& ga) {
    using namespace on_cpu;
    const dim_t m = p.m, n = p.n, k = p.smaller();
    if (k == 0) return;
    for_each_matrix(ctx, "qr", p.count, [=](dim_t i) {
      const work_matrix triangle = matrix_from(r, i, k, n);
      const finding f = find_dependent(triangle, rounding_of<T>(k));
      if (f) return without_gradient(ga, i, m, n, f);
      put(ga, i, pull_qr(matrix_from(q, i, m, k), triangle, matrix_from(gq, i, m, k), matrix_from(gr, i, k, n)));
      return f;
    });
  }
};

template <>
struct kernel<ops::svd, cpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const matrices& p, const T* a, T* u, T* s, T* vh) {
    using namespace on_cpu;
    if (p.smaller() == 0) return;
    for_each_matrix(ctx, "svd", p.count, [=](dim_t i) {
      work_matrix left, values, right;
      const finding f = factor_svd(matrix_from(a, i, p.m, p.n), left, values, right);
      if (f) return f;
      put<T>({u}, i, left);
      put<T>({s}, i, values);
      put<T>({vh}, i, transposed(right));
      return f;
    });
  }

  /// The gradient through u, s, vh or some of them; a null pointer is no gradient.
  template <class Context, class T>
  static void backward(Context& ctx, const matrices& p, const T* u, const T* s, const T* vh, const T* gu, const T* gs,
                       const T* gvh, const written_matrices<T>& ga) {
    using namespace on_cpu;
    const dim_t m = p.m, n = p.n, k = p.smaller();
    if (k == 0) return;
    const bool turns = gu != nullptr || gvh != nullptr;
    const bool divides_by_s = (gu != nullptr && m > k) || (gvh != nullptr && n > k);
    for_each_matrix(ctx, "svd", p.count, [=](dim_t i) {
      const work_matrix values = matrix_from(s, i, k, 1);
      finding f;
      if (divides_by_s) f = find_zero(values, spread_of_rounding<T>());
      if (turns && !f) f = find_equal(values, spread_of_rounding<T>(), trouble::equal_singular_values);
      if (f) return without_gradient(ga, i, m, n, f);
      put(ga, i,
          pull_svd(matrix_from(u, i, m, k), values, transposed(matrix_from(vh, i, k, n)), matrix_from(gu, i, m, k),
                   matrix_from(gs, i, k, 1), transposed(matrix_from(gvh, i, k, n))));
      return f;
    });
  }
};

}  // namespace clipt::inline CLIPT_BUILD
