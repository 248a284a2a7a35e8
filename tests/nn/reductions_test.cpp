#include <gtest/gtest.h>
#include <vector>

#include <clipt/expr/operators.hpp>
#include <clipt/nn/reductions.hpp>
#include "gradients/op_case.hpp"

using namespace clipt;
using clipt_test::uniform;

TEST(reductions, whole_arrays) {
  const auto x = uniform<float>(shape<batch, 3, 77>{1000}, -1, 2, 1);
  inference<> ctx;
  double sums = 0;
  for (const float v : x) sums += double(v) * v;
  EXPECT_NEAR(sum(ctx, x * x)[0], sums, 1e-6 * sums);
  EXPECT_NEAR(mean(ctx, x * x)[0], sums / static_cast<double>(x.size()), 1e-6);
}

TEST(reductions, of_nothing_are_zero) {
  const tensor<float, shape<batch, 3>> x(0);
  inference<> ctx;
  EXPECT_EQ(sum(ctx, x)[0], 0);
  EXPECT_EQ(mean(ctx, x)[0], 0);
  for (const float v : column_sum(ctx, x)) EXPECT_EQ(v, 0);
}

TEST(reductions, over_the_leading_axes) {
  for (const dim_t w : {1, 7, 50, 77, 257}) {
    const auto x = uniform<float>(shape<batch, 5, columns>{200, w}, -1, 2, 1);
    inference<> ctx;
    const auto y = column_sum(ctx, 2 * x);
    static_assert(std::is_same_v<decltype(y)::shape_type, shape<columns>>);
    std::vector<double> expected(static_cast<std::size_t>(w));
    for (dim_t i = 0; i < x.size(); ++i) expected[static_cast<std::size_t>(i % w)] += 2 * double(x[i]);
    for (dim_t c = 0; c < w; ++c) ASSERT_NEAR(y[c], expected[static_cast<std::size_t>(c)], 5e-3) << w;
  }
}
