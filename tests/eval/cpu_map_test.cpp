// Statements beside plain loops: every way in which a leaf may lie in them, odd widths, tails, storage types.
#include <gtest/gtest.h>
#include <cmath>

#include <clipt/autodiff/evaluate.hpp>
#include <clipt/expr/operators.hpp>
#include "gradients/op_case.hpp"

using namespace clipt;
using clipt_test::uniform;

TEST(cpu_map, leaves_of_all_kinds) {
  for (const dim_t w : {1, 2, 7, 15, 16, 17, 33, 77, 257}) {
    const dim_t n = 5;
    const auto x = uniform<float>(shape<batch, 2, 3, columns>{n, w}, -1, 1, 1);
    const auto row = uniform<float>(shape<columns>{w}, -1, 1, 2);
    const auto scalar = uniform<float>(shape<1, 1>{}, -1, 1, 3);
    const auto middle = uniform<float>(shape<batch, 1, 3, columns>{n, w}, -1, 1, 4);
    const auto outer = uniform<float>(shape<2, 1, 1>{}, -1, 1, 5);
    inference<> ctx;
    const auto y = eval(ctx, x * row + scalar - middle * outer);
    for (dim_t b = 0; b < n; ++b)
      for (dim_t i = 0; i < 2; ++i)
        for (dim_t j = 0; j < 3; ++j)
          for (dim_t c = 0; c < w; ++c) {
            const dim_t at = ((b * 2 + i) * 3 + j) * w + c;
            ASSERT_NEAR(y[at], x[at] * row[c] + scalar[0] - middle[(b * 3 + j) * w + c] * outer[i], 1e-6) << w;
          }
  }
}

TEST(cpu_map, gradients_of_repeated_leaves_are_sums) {
  const dim_t n = 300, w = 77;  // enough for several parts
  const auto x = uniform<double>(shape<batch, columns>{n, w}, -1, 1, 1),
             g = uniform<double>(shape<batch, columns>{n, w}, -1, 1, 2);
  const auto row = uniform<double>(shape<columns>{w}, -1, 1, 3);
  const auto column = uniform<double>(shape<batch, 1>{n}, -1, 1, 4);
  const auto one = uniform<double>(shape<>{}, -1, 1, 5);
  recording<> ctx;
  const auto vx = ctx.variable(x);
  const auto vrow = ctx.variable(row);
  const auto vcolumn = ctx.variable(column);
  const auto vone = ctx.variable(one);
  ctx.backward(eval(ctx, vx * vrow * vcolumn * vone), g.view());
  double total = 0;
  for (dim_t c = 0; c < w; ++c) {
    double sum = 0;
    for (dim_t i = 0; i < n; ++i) {
      sum += g[i * w + c] * x[i * w + c] * column[i] * one[0];
      total += g[i * w + c] * x[i * w + c] * column[i] * row[c];
      ASSERT_NEAR(ctx.gradient_of(vx)[i * w + c], g[i * w + c] * row[c] * column[i] * one[0], 1e-14);
    }
    ASSERT_NEAR(ctx.gradient_of(vrow)[c], sum, 1e-12);
  }
  ASSERT_NEAR(ctx.gradient_of(vone)[0], total, 1e-11);
  for (dim_t i = 0; i < n; ++i) {
    double sum = 0;
    for (dim_t c = 0; c < w; ++c) sum += g[i * w + c] * x[i * w + c] * row[c] * one[0];
    ASSERT_NEAR(ctx.gradient_of(vcolumn)[i], sum, 1e-13);
  }
}

TEST(cpu_map, a_leaf_that_occurs_twice_gets_both_gradients) {
  const auto x = uniform<double>(shape<columns>{100}, -1, 1, 1);
  recording<> ctx;
  const auto v = ctx.variable(x);
  const auto y = eval(ctx, v * v + v);
  tensor<double, shape<columns>> ones(100);
  for (double& one : ones) one = 1;
  ctx.backward(y, ones.view());
  for (dim_t i = 0; i < 100; ++i) EXPECT_DOUBLE_EQ(ctx.gradient_of(v)[i], 2 * x[i] + 1);
}

TEST(cpu_map, sixteen_bit_elements_are_computed_with_as_floats) {
  const auto x = uniform<bfloat16>(shape<columns>{1001}, -2, 2, 1);
  inference<> ctx;
  const auto y = eval(ctx, exp(x) + x);
  static_assert(std::is_same_v<decltype(y)::value_type, bfloat16>);
  for (dim_t i = 0; i < x.size(); ++i) {
    const float v = static_cast<float>(x[i]), expected = std::exp(v) + v;
    EXPECT_NEAR(static_cast<float>(y[i]), expected, std::abs(expected) * 0.0040f);
  }
}

TEST(cpu_map, large_and_empty_arrays) {
  inference<> ctx;
  const auto x = uniform<float>(shape<rows>{100003}, -1, 1, 1);
  const auto y = eval(ctx, 2 * x);
  for (dim_t i = 0; i < x.size(); ++i) ASSERT_EQ(y[i], 2 * x[i]);
  const tensor<float, shape<batch, 3>> empty(0);
  EXPECT_EQ(eval(ctx, 2 * empty).size(), 0);
}
