#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <vector>

#include <clipt/expr/operators.hpp>
#include <clipt/nn/reductions.hpp>
#include <clipt/nn/rows.hpp>
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

TEST(reductions, of_nothing_are_those_of_pytorch) {
  const tensor<float, shape<batch, 3>> x(0);
  inference<> ctx;
  EXPECT_EQ(sum(ctx, x)[0], 0);
  EXPECT_TRUE(std::isnan(mean(ctx, x)[0]));
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

TEST(reductions, the_mean_of_many_ones_is_one) {
  tensor<bfloat16, shape<columns>> one(dim_t{1} << 27);  // 256 MB
  std::fill(one.begin(), one.end(), bfloat16(1.0f));
  const tensor<float, shape<batch, 1>> down(dim_t{1} << 14);
  const tensor<float, shape<columns>> across(dim_t{1} << 13);
  inference<> ctx;
  EXPECT_EQ(mean(ctx, cast<float>(one))[0], 1);
  EXPECT_EQ(mean(ctx, down + across + 1)[0], 1);
}

/// The worst of many sums of numbers that are not exact in binary, in units of the last place of their sum.
TEST(reductions, sums_err_by_a_few_roundings_at_most) {
  inference<> ctx;
  for (const dim_t n : {100, 3000, 100000, 3000000}) {
    tensor<float, shape<columns>> x(n);
    tensor<float, shape<batch, 1>> tall(n);
    for (dim_t i = 0; i < n; ++i) x[i] = tall[i] = 0.1f;
    const double right = static_cast<double>(0.1f) * static_cast<double>(n);
    const double allowed = std::log2(static_cast<double>(n)) * right / (1 << 24);
    EXPECT_NEAR(sum(ctx, x)[0], right, allowed) << n;
    EXPECT_NEAR(row_sum(ctx, x)[0], right, allowed) << n;
    EXPECT_NEAR(column_sum(ctx, tall)[0], right, allowed) << n;
    const auto squared = l2_normalize(ctx, x);
    EXPECT_NEAR(squared[0] * std::sqrt(static_cast<double>(n)), 1, allowed / right) << n;

    recording<> tape;
    const tensor<float, shape<>> scale{{}, {2}};
    const auto s = tape.variable(scale);
    tape.backward(sum(tape, s * x));
    EXPECT_NEAR(tape.gradient_of(s)[0], right, allowed) << n;
    tape.reset();
    const auto t = tape.variable(scale);
    const auto product = eval(tape, t * tall);
    tensor<float, shape<batch, 1>> ones(n);
    std::fill(ones.begin(), ones.end(), 1.0f);
    tape.backward(product, ones.view());
    EXPECT_NEAR(tape.gradient_of(t)[0], right, allowed) << n;
  }
}
