// The op list's linear algebra: decompositions, each of their results, and solvers.
#pragma once
#include <clipt/nn/decompositions.hpp>
#include <clipt/nn/products.hpp>
#include <clipt/nn/reshaping.hpp>
#include <clipt/nn/solvers.hpp>
#include "op_case.hpp"

namespace clipt_test {

/// [rows, width, width], far from singular; `Positive`: positive definite (not symmetric: the symmetric part counts).
template <bool Positive = false, int Width = 7>
struct square_input : own_inputs<Width> {
  template <class T>
  static auto inputs(dim_t rows, dim_t width) {
    return std::tuple{matrices_of<T>(rows, width)};
  }

 protected:
  template <class T>
  static auto matrices_of(dim_t rows, dim_t width) {
    auto a = uniform<T>(shape<batch, columns, columns>{rows, width, width}, -1, 1, 1);
    for (dim_t i = 0; i < a.size(); ++i)
      if (i / width % width == i % width) a[i] += static_cast<T>(Positive ? width : 2 + i % width);
    return a;
  }
};

/// A matrix as in `square_input`, and [rows, width, 3].
template <int Width = 7>
struct system_inputs : square_input<false, Width> {
  template <class T>
  static auto inputs(dim_t rows, dim_t width) {
    return std::tuple{square_input<false, Width>::template matrices_of<T>(rows, width),
                      uniform<T>(shape<batch, columns, 3>{rows, width}, -1, 1, 2)};
  }
};

/// [rows, M, N] of static extents.
template <int M, int N>
struct matrix_input : own_inputs<1> {
  template <class T>
  static auto inputs(dim_t rows, dim_t) {
    return std::tuple{uniform<T>(shape<batch, M, N>{rows}, -1, 1, 1)};
  }
};

struct cholesky_case : square_input<true> {
  static constexpr const char* name = "cholesky";
  auto operator()(auto& ctx, const auto& a) const { return cholesky(ctx, a); }
};
struct positive_solve_case : square_input<true> {
  static constexpr const char* name = "cholesky";
  auto operator()(auto& ctx, const auto& a) const {
    const auto l = cholesky(ctx, a + 0.5 * a);
    return triangular_solve(ctx, l, triangular_solve(ctx, l, a), {.transpose = true});
  }
};

template <int M, int N>
struct qr_case : matrix_input<M, N> {
  static constexpr const char* name = "qr";
  auto operator()(auto& ctx, const auto& a) const {
    const auto [q, r] = qr(ctx, a);
    return matmul(ctx, q * q, r * exp(r));
  }
};
struct qr_q_case : matrix_input<5, 3> {
  static constexpr const char* name = "qr";
  auto operator()(auto& ctx, const auto& a) const { return qr(ctx, a).q; }
};
struct qr_r_case : matrix_input<3, 5> {
  static constexpr const char* name = "qr";
  auto operator()(auto& ctx, const auto& a) const { return qr(ctx, a).r; }
};
struct runtime_qr_case : square_input<> {
  static constexpr const char* name = "qr";
  auto operator()(auto& ctx, const auto& a) const {
    const auto [q, r] = qr(ctx, a);
    return matmul(ctx, r, q);
  }
};

template <int M, int N>
struct svd_case : matrix_input<M, N> {
  static constexpr const char* name = "svd";
  auto operator()(auto& ctx, const auto& a) const {
    const auto [u, s, vh] = svd(ctx, a);
    return matmul(ctx, u * exp(u), as_column(s) * vh * exp(vh));
  }

 private:
  /// s [batch, k] as a column [batch, k, 1].
  static auto as_column(const auto& s) {
    using S = typename std::remove_cvref_t<decltype(s)>::shape_type;
    return reshape<shape<batch, S::static_extent(1), 1>>(s);
  }
};
template <int Result>
struct svd_result_case : matrix_input<5, 3> {
  static constexpr const char* name = "svd";
  auto operator()(auto& ctx, const auto& a) const {
    const auto [u, s, vh] = svd(ctx, a);
    if constexpr (Result == 0) return u;
    if constexpr (Result == 1) return s;
    if constexpr (Result == 2) return vh;
  }
};
struct named_svd_case : own_inputs<7> {
  static constexpr const char* name = "svd";
  template <class T>
  static auto inputs(dim_t rows, dim_t width) {
    return std::tuple{uniform<T>(shape<batch, columns, 9>{rows, width}, -1, 1, 1)};
  }
  auto operator()(auto& ctx, const auto& a) const {
    const auto [u, s, vh] = svd<columns>(ctx, a);
    return matmul(ctx, u, vh);
  }
};

struct eigh_case : square_input<> {
  static constexpr const char* name = "eigh";
  auto operator()(auto& ctx, const auto& a) const {
    const auto [values, vectors] = eigh(ctx, a);
    const auto column = reshape<shape<batch, columns, 1>>(values);
    return matmul_tn(ctx, vectors * exp(vectors), vectors * exp(0.1 * column));
  }
};
struct eigenvalues_case : square_input<> {
  static constexpr const char* name = "eigh";
  auto operator()(auto& ctx, const auto& a) const { return eigh(ctx, a).values; }
};
struct eigenvectors_case : square_input<> {
  static constexpr const char* name = "eigh";
  auto operator()(auto& ctx, const auto& a) const { return eigh(ctx, a).vectors; }
};

template <bool Upper, bool Transpose, bool Unit>
struct triangular_solve_case : system_inputs<> {
  static constexpr const char* name = "triangular_solve";
  auto operator()(auto& ctx, const auto& a, const auto& b) const {
    return triangular_solve(ctx, a, b, {.upper = Upper, .transpose = Transpose, .unit = Unit});
  }
};
struct solve_case : system_inputs<> {
  static constexpr const char* name = "solve";
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return solve(ctx, a, b); }
};
struct solve_vector_case : own_inputs<1> {
  static constexpr const char* name = "solve";
  template <class T>
  static auto inputs(dim_t rows, dim_t) {
    auto a = uniform<T>(shape<batch, 2, 5, 5>{rows}, -1, 1, 1);
    for (dim_t i = 0; i < a.size(); i += i % 25 == 24 ? 1 : 6) a[i] += 3;
    return std::tuple{std::move(a), uniform<T>(shape<batch, 2, 5>{rows}, -1, 1, 2)};
  }
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return solve(ctx, 2 * a, b); }
};
struct inverse_case : square_input<> {
  static constexpr const char* name = "inverse";
  auto operator()(auto& ctx, const auto& a) const { return inverse(ctx, a); }
};
struct log_det_case : square_input<true> {
  static constexpr const char* name = "log_det";
  auto operator()(auto& ctx, const auto& a) const { return log_det(ctx, a); }
};
struct absolute_log_det_case : square_input<> {
  static constexpr const char* name = "log_det";
  auto operator()(auto& ctx, const auto& a) const { return log_det(ctx, -a, {.absolute = true}); }
};

template <int M, int N, int Ridge>
struct least_squares_case : own_inputs<1> {
  static constexpr const char* name = "least_squares";
  template <class T>
  static auto inputs(dim_t rows, dim_t) {
    return std::tuple{uniform<T>(shape<batch, M, N>{rows}, -1, 1, 1), uniform<T>(shape<batch, M, 2>{rows}, -1, 1, 2)};
  }
  auto operator()(auto& ctx, const auto& a, const auto& b) const {
    return least_squares(ctx, a, b, {.ridge = Ridge / 10.0});
  }
};
struct least_squares_vector_case : own_inputs<7> {
  static constexpr const char* name = "least_squares";
  template <class T>
  static auto inputs(dim_t rows, dim_t width) {
    return std::tuple{uniform<T>(shape<batch, 9, columns>{rows, width}, -1, 1, 1),
                      uniform<T>(shape<batch, 9>{rows}, -1, 1, 2)};
  }
  auto operator()(auto& ctx, const auto& a, const auto& b) const { return least_squares(ctx, a, b); }
};

using decomposition_cases =
    case_list<cholesky_case, positive_solve_case, qr_case<5, 3>, qr_case<3, 5>, qr_q_case, qr_r_case, runtime_qr_case,
              svd_case<3, 3>, svd_case<5, 3>, svd_case<3, 5>, svd_result_case<0>, svd_result_case<1>,
              svd_result_case<2>, named_svd_case, eigh_case, eigenvalues_case, eigenvectors_case>;
using solver_cases =
    case_list<triangular_solve_case<false, false, false>, triangular_solve_case<true, false, true>,
              triangular_solve_case<false, true, true>, triangular_solve_case<true, true, false>, solve_case,
              solve_vector_case, inverse_case, log_det_case, absolute_log_det_case, least_squares_case<5, 3, 0>,
              least_squares_case<5, 3, 4>, least_squares_case<3, 5, 4>, least_squares_vector_case>;

}  // namespace clipt_test
