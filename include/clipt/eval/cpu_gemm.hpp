// The matrix product on the CPU, at the level of pointers and strides.
#pragma once
#ifndef EIGEN_DONT_PARALLELIZE
#define EIGEN_DONT_PARALLELIZE  // Eigen's own threads change its blocking, and with it the last bits
#endif
#include <Eigen/Core>   // Map, noalias
#include <algorithm>    // min
#include <type_traits>  // type_identity_t

#include <clipt/eval/matrix.hpp>    // matrix, transpose, update
#include <clipt/eval/parallel.hpp>  // parallel_for

namespace clipt::on_cpu {

namespace detail {

template <class T>
using eigen_operand = Eigen::Map<const Eigen::Matrix<T, -1, -1, Eigen::RowMajor>, 0, Eigen::OuterStride<>>;

template <class T>
void gemm_tile(transpose ta, transpose tb, T alpha, matrix<const T> a, matrix<const T> b, matrix<T> c, update how,
               const T* bias) {
  eigen_operand<T> ea(a.data, a.rows, a.columns, Eigen::OuterStride<>(a.stride));
  eigen_operand<T> eb(b.data, b.rows, b.columns, Eigen::OuterStride<>(b.stride));
  Eigen::Map<Eigen::Matrix<T, -1, -1, Eigen::RowMajor>, 0, Eigen::OuterStride<>> ec(c.data, c.rows, c.columns,
                                                                                Eigen::OuterStride<>(c.stride));
  if (how == update::store) {
    if (bias)
      ec.rowwise() = Eigen::Map<const Eigen::Matrix<T, 1, -1>>(bias, c.columns);
    else
      ec.setZero();
  }
  const bool at = ta == transpose::yes, bt = tb == transpose::yes;
  if (!at && !bt) ec.noalias() += alpha * (ea * eb);
  if (!at && bt) ec.noalias() += alpha * (ea * eb.transpose());
  if (at && !bt) ec.noalias() += alpha * (ea.transpose() * eb);
  if (at && bt) ec.noalias() += alpha * (ea.transpose() * eb.transpose());
}

}  // namespace detail

/// c = alpha op(a) op(b) + bias, or c += alpha op(a) op(b), on the calling thread; see `gemm`.
template <class T>
void gemm_serial(transpose ta, transpose tb, std::type_identity_t<T> alpha, matrix<const T> a, matrix<const T> b,
                 matrix<T> c, update how, const T* bias = nullptr) {
  detail::gemm_tile<T>(ta, tb, alpha, a, b, c, how, bias);
}

/// c = alpha op(a) op(b) + bias, or c += alpha op(a) op(b), where op(a) is [M, K], op(b) is [K, N] and c is [M, N].
/// `bias` [N] may be null and is ignored for `update::add`. The same bits for any number of threads (0: all).
template <class T>
void gemm(transpose ta, transpose tb, std::type_identity_t<T> alpha, matrix<const T> a, matrix<const T> b, matrix<T> c,
          update how, int threads, const T* bias = nullptr) {
  constexpr dim_t tile_rows = 256, tile_columns = 96;
  const dim_t down = (c.rows + tile_rows - 1) / tile_rows, across = (c.columns + tile_columns - 1) / tile_columns;
  parallel_for(threads, down * across, [=](dim_t tile) {
    const dim_t row = tile / across * tile_rows, column = tile % across * tile_columns;
    const dim_t rows = std::min(tile_rows, c.rows - row), columns = std::min(tile_columns, c.columns - column);
    matrix<const T> at = ta == transpose::yes ? matrix<const T>{a.data + row, a.rows, rows, a.stride}
                                              : matrix<const T>{a.data + row * a.stride, rows, a.columns, a.stride};
    matrix<const T> bt = tb == transpose::yes
                             ? matrix<const T>{b.data + column * b.stride, columns, b.columns, b.stride}
                             : matrix<const T>{b.data + column, b.rows, columns, b.stride};
    detail::gemm_tile<T>(ta, tb, alpha, at, bt, {c.data + row * c.stride + column, rows, columns, c.stride}, how,
                         bias ? bias + column : nullptr);
  });
}

}  // namespace clipt::on_cpu
