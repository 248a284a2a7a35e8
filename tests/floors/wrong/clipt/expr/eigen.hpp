// Eigen in an expression.
#pragma once
#include <Eigen/Core>
#include <Eigen/Cholesky>
inline auto zero = Eigen::internal::pset1<float>(0);
