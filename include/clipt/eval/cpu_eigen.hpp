// Views as Eigen maps: for what Eigen does that clipt does not (decompositions, solvers), without a copy.
#pragma once
#include <Eigen/Core>  // Map

#include <clipt/memory/view.hpp>  // view

namespace clipt::inline CLIPT_BUILD {

/// A view of the host as a row-major Eigen matrix: all axes but the last are rows. The view's elements must outlive it.
template <class T, class Shape>
auto as_eigen(const view<T, Shape, cpu>& x) {
  using Matrix = Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Map = Eigen::Map<std::conditional_t<std::is_const_v<T>, const Matrix, Matrix>>;
  return Map(x.data, x.shape.rows(), x.shape.columns());
}

/// The values of a result as an Eigen matrix; gradients do not flow through Eigen.
template <class T, class Shape>
auto as_eigen(const var<T, Shape, cpu>& x) {
  return as_eigen(detach(x));
}

}  // namespace clipt::inline CLIPT_BUILD
