// Views and Eigen share elements.
#include <clipt/autodiff/evaluate.hpp>
#include <clipt/eval/cpu_eigen.hpp>
#include <gtest/gtest.h>

namespace {

using namespace clipt;

TEST(as_eigen, shares_the_elements_of_a_tensor) {
  tensor<float, shape<batch, 2, 3>> x(2);
  for (dim_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  auto matrix = as_eigen(x.view());
  EXPECT_EQ(matrix.rows(), 4);
  EXPECT_EQ(matrix.cols(), 3);
  EXPECT_EQ(matrix(3, 1), 10);
  matrix(3, 1) = -1;
  EXPECT_EQ(x[10], -1);
}

TEST(as_eigen, reads_results) {
  tensor<double, shape<2, 2>> x({}, {1, 2, 3, 4});
  recording<> ctx;
  const auto y = eval(ctx, ctx.variable(x) * 2.0);
  EXPECT_DOUBLE_EQ(as_eigen(y).sum(), 20);
  EXPECT_DOUBLE_EQ(as_eigen(y).trace(), 10);
}

}  // namespace
