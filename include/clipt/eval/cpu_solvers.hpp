// Systems of linear equations in batches on the CPU by Eigen, and their gradients.
#pragma once
#include <clipt/eval/cpu_matrices.hpp>  // for_each_matrix, work_matrix; first, as it includes Eigen/Core in clipt's way

#include <Eigen/LU>  // PartialPivLU
#include <Eigen/QR>  // HouseholderQR
#include <cmath>     // log, abs

namespace clipt::inline CLIPT_BUILD {

namespace on_cpu {

/// A factorisation p a = l u: l below the diagonal of `factors`, u above; row i of a is row `places[i]` of l u.
template <class R>
struct lu_factors {
  matrix_of<R> factors;
  Eigen::VectorXi places;
  R sign = 1;  // of the permutation

  /// a⁻¹ b.
  matrix_of<R> solve(const matrix_of<R>& b) const {
    matrix_of<R> moved(b.rows(), b.cols());
    for (dim_t i = 0; i < b.rows(); ++i) moved.row(places[i]) = b.row(i);
    return solve_triangle(factors, true, solve_triangle(unit_lower(), false, moved));
  }

  /// a⁻ᵀ b.
  matrix_of<R> solve_transposed(const matrix_of<R>& b) const {
    const matrix_of<R> moved =
        solve_triangle(transposed(unit_lower()), true, solve_triangle(transposed(factors), false, b));
    matrix_of<R> x(b.rows(), b.cols());
    for (dim_t i = 0; i < b.rows(); ++i) x.row(i) = moved.row(places[i]);
    return x;
  }

 private:
  matrix_of<R> unit_lower() const {
    matrix_of<R> l = factors;
    for (dim_t i = 0; i < l.rows(); ++i) l(i, i) = 1;
    return l;
  }
};

/// By Eigen's PartialPivLU; a pivot that is no larger than the rounding of its terms is none.
template <class R>
finding factor_lu(const matrix_of<R>& a, R rounding, lu_factors<R>& result) {
  if (const finding f = find_not_finite(a)) return f;
  if (a.rows() == 0) return {};
  const Eigen::PartialPivLU<matrix_of<R>> lu(a);
  result = {lu.matrixLU(), lu.permutationP().indices(), static_cast<R>(lu.permutationP().determinant())};
  const matrix_of<R>& x = result.factors;
  matrix_of<R> moved(a.rows(), 1);  // the diagonal of p a
  for (dim_t i = 0; i < a.rows(); ++i) moved(result.places[i], 0) = std::abs(a(i, result.places[i]));
  for (dim_t k = 0; k < a.rows(); ++k) {
    R terms = moved(k, 0);
    for (dim_t j = 0; j < k; ++j) terms += std::abs(x(k, j) * x(j, k));
    if (!(std::abs(x(k, k)) > rounding * terms)) return {trouble::singular, k, k, x(k, k)};
  }
  return {};
}

/// The triangle that `triangular_solve` reads, with ones on its diagonal if it says so, and zeros elsewhere.
template <class R>
matrix_of<R> read_triangle(matrix_of<R> a, const triangular_options& o) {
  a = triangle_of(std::move(a), o.upper);
  for (dim_t i = 0; o.unit && i < a.rows(); ++i) a(i, i) = 1;
  return a;
}

template <class R>
finding check_triangle(const matrix_of<R>& t) {
  if (const finding f = find_not_finite(t)) return f;
  for (dim_t i = 0; i < t.rows(); ++i)
    if (t(i, i) == 0) return {trouble::singular, i, i, 0};
  return {};
}

/// t⁻¹ b or t⁻ᵀ b.
template <class R>
matrix_of<R> solve_triangle(const matrix_of<R>& t, bool upper, bool transposes, const matrix_of<R>& b) {
  return transposes ? solve_triangle(transposed(t), !upper, b) : solve_triangle(t, upper, b);
}

/// x of min |a x - b|² + ridge |x|² by QR of [a, b; sqrt(ridge) I, 0]; its factor r of the columns of a is kept.
///
/// Not by Cholesky of aᵀ a + ridge I: that squares the condition number, and half of the digits are gone.
template <class R>
finding factor_least_squares(const matrix_of<R>& a, const matrix_of<R>& b, R ridge, R rounding, matrix_of<R>& r,
                             matrix_of<R>& x) {
  if (const finding f = find_not_finite(a)) return f;
  const dim_t m = a.rows(), n = a.cols(), below = ridge > 0 ? n : 0;
  matrix_of<R> all = matrix_of<R>::Zero(m + below, n + b.cols());
  all.topLeftCorner(m, n) = a;
  all.topRightCorner(m, b.cols()) = b;
  for (dim_t i = 0; i < below; ++i) all(m + i, i) = std::sqrt(ridge);
  const Eigen::HouseholderQR<matrix_of<R>> qr(all);
  const matrix_of<R> top = qr.matrixQR().topRows(n);
  for (dim_t k = 0; k < n; ++k) {
    R squares = 0;
    for (dim_t i = 0; i <= k; ++i) squares += top(i, k) * top(i, k);
    if (!(std::abs(top(k, k)) > rounding * std::sqrt(squares))) return {trouble::deficient, k, k, std::abs(top(k, k))};
  }
  r = triangle_of<R>(top.leftCols(n), true);
  x = solve_triangle<R>(r, true, top.rightCols(b.cols()));
  return {};
}

}  // namespace on_cpu

template <>
struct kernel<ops::triangular_solve, cpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const systems& p, const triangular_options& o, const T* a, const T* b, T* x) {
    using namespace on_cpu;
    for_each_matrix(ctx, "triangular_solve", p.count, [=](dim_t i) {
      const work_matrix t = read_triangle(matrix_from(a, i, p.n, p.n), o);
      const finding f = check_triangle(t);
      if (!f) put<T>({x}, i, solve_triangle(t, o.upper, o.transpose, matrix_from(b, i, p.n, p.k)));
      return f;
    });
  }

  /// gb = op(t)⁻ᵀ g, ga = the triangle of -gb xᵀ or of its transpose.
  template <class Context, class T>
  static void backward(Context& ctx, const systems& p, const triangular_options& o, const T* a, const T* x, const T* g,
                       const written_matrices<T>& ga, const written_matrices<T>& gb) {
    using namespace on_cpu;
    parallel_for(ctx.threads(), p.count, [=](dim_t i) {
      const work_matrix t = read_triangle(matrix_from(a, i, p.n, p.n), o);
      const work_matrix z = solve_triangle(t, o.upper, !o.transpose, matrix_from(g, i, p.n, p.k));
      put(gb, i, z);
      if (ga.data == nullptr) return;
      work_matrix product = multiply(z, transposed(matrix_from(x, i, p.n, p.k)));
      if (o.transpose) product = transposed(product);
      product = triangle_of(work_matrix(-product), o.upper);
      for (dim_t k = 0; o.unit && k < p.n; ++k) product(k, k) = 0;
      put(ga, i, product);
    });
  }
};

template <>
struct kernel<ops::solve, cpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const systems& p, const T* a, const T* b, T* x) {
    using namespace on_cpu;
    for_each_matrix(ctx, "solve", p.count, [=](dim_t i) {
      lu_factors<double> lu;
      const finding f = factor_lu(matrix_from(a, i, p.n, p.n), rounding_of<T>(p.n), lu);
      if (!f) put<T>({x}, i, lu.solve(matrix_from(b, i, p.n, p.k)));
      return f;
    });
  }

  /// gb = a⁻ᵀ g, ga = -gb xᵀ. a is factored again: to keep factors would take its memory twice over.
  template <class Context, class T>
  static void backward(Context& ctx, const systems& p, const T* a, const T* x, const T* g,
                       const written_matrices<T>& ga, const written_matrices<T>& gb) {
    using namespace on_cpu;
    for_each_matrix(ctx, "solve", p.count, [=](dim_t i) {
      lu_factors<double> lu;
      const finding f = factor_lu(matrix_from(a, i, p.n, p.n), rounding_of<T>(p.n), lu);
      if (f) {  // the elements of a were changed since
        without_gradient(gb, i, p.n, p.k, f);
        return without_gradient(ga, i, p.n, p.n, f);
      }
      const work_matrix z = lu.solve_transposed(matrix_from(g, i, p.n, p.k));
      put(gb, i, z);
      if (ga.data != nullptr) put(ga, i, work_matrix(-multiply(z, transposed(matrix_from(x, i, p.n, p.k)))));
      return f;
    });
  }
};

template <>
struct kernel<ops::inverse, cpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const matrices& p, const T* a, T* x) {
    using namespace on_cpu;
    for_each_matrix(ctx, "inverse", p.count, [=](dim_t i) {
      lu_factors<double> lu;
      const finding f = factor_lu(matrix_from(a, i, p.n, p.n), rounding_of<T>(p.n), lu);
      if (!f) put<T>({x}, i, lu.solve(work_matrix::Identity(p.n, p.n)));
      return f;
    });
  }

  /// ga = -xᵀ g xᵀ.
  template <class Context, class T>
  static void backward(Context& ctx, const matrices& p, const T* x, const T* g, const written_matrices<T>& ga) {
    using namespace on_cpu;
    parallel_for(ctx.threads(), p.count, [=](dim_t i) {
      const work_matrix turned = transposed(matrix_from(x, i, p.n, p.n));
      put(ga, i, work_matrix(-multiply(turned, multiply(matrix_from(g, i, p.n, p.n), turned))));
    });
  }
};

template <>
struct kernel<ops::log_det, cpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const matrices& p, bool absolute, const T* a, T* y) {
    using namespace on_cpu;
    for_each_matrix(ctx, "log_det", p.count, [=](dim_t i) {
      lu_factors<double> lu;
      finding f = factor_lu(matrix_from(a, i, p.n, p.n), rounding_of<T>(p.n), lu);
      if (f) return f;
      double sum = 0, sign = lu.sign;
      for (dim_t k = 0; k < p.n; ++k) {
        sum += std::log(std::abs(lu.factors(k, k)));
        if (lu.factors(k, k) < 0) sign = -sign;
      }
      y[i] = static_cast<T>(sum);
      if (sign < 0 && !absolute) f.what = trouble::negative_determinant;
      return f;
    });
  }

  /// ga = g a⁻ᵀ; a is factored again, as in `solve`.
  template <class Context, class T>
  static void backward(Context& ctx, const matrices& p, const T* a, const T* g, const written_matrices<T>& ga) {
    using namespace on_cpu;
    for_each_matrix(ctx, "log_det", p.count, [=](dim_t i) {
      lu_factors<double> lu;
      const finding f = factor_lu(matrix_from(a, i, p.n, p.n), rounding_of<T>(p.n), lu);
      if (f) return without_gradient(ga, i, p.n, p.n, f);
      put(ga, i, lu.solve_transposed(static_cast<double>(g[i]) * work_matrix::Identity(p.n, p.n)));
      return f;
    });
  }
};

template <>
struct kernel<ops::least_squares, cpu> {
  /// Kept for the gradient are the factors r [count, n, n].
  template <class Context, class T>
  static void forward(Context& ctx, const systems& p, double ridge, const T* a, const T* b, T* x, double* r) {
    using namespace on_cpu;
    if (p.n == 0) return;
    for_each_matrix(ctx, "least_squares", p.count, [=](dim_t i) {
      work_matrix factor, solution;
      const finding f = factor_least_squares(matrix_from(a, i, p.m, p.n), matrix_from(b, i, p.m, p.k), ridge,
                                             rounding_of<T>(p.n), factor, solution);
      if (f) return f;
      put<double>({r}, i, factor);
      put<T>({x}, i, solution);
      return f;
    });
  }

  /// With z = (aᵀ a + ridge I)⁻¹ g: gb = a z, ga = (b - a x) zᵀ - a z xᵀ.
  template <class Context, class T>
  static void backward(Context& ctx, const systems& p, const double* r, const T* a, const T* b, const T* x, const T* g,
                       const written_matrices<T>& ga, const written_matrices<T>& gb) {
    using namespace on_cpu;
    parallel_for(ctx.threads(), p.count, [=](dim_t i) {
      const work_matrix factor = matrix_from(r, i, p.n, p.n), left = matrix_from(a, i, p.m, p.n),
                        solution = matrix_from(x, i, p.n, p.k);
      const work_matrix z =
          solve_triangle(factor, true, solve_triangle(transposed(factor), false, matrix_from(g, i, p.n, p.k)));
      const work_matrix of_b = multiply(left, z);
      put(gb, i, of_b);
      if (ga.data == nullptr) return;
      const work_matrix residual = matrix_from(b, i, p.m, p.k) - multiply(left, solution);
      put(ga, i, work_matrix(multiply(residual, transposed(z)) - multiply(of_b, transposed(solution))));
    });
  }
};

}  // namespace clipt::inline CLIPT_BUILD
