// Eigen in an expression.
#pragma once
#include <Eigen/Core>
