#include <gtest/gtest.h>
#include <cmath>

#include <clipt/autodiff/evaluate.hpp>
#include <clipt/expr/operators.hpp>

using namespace clipt;

TEST(generators, iota_counts_columns) {
  const tensor<float, shape<batch, 21>> zero(3);
  inference<> ctx;
  const auto y = eval(ctx, zero + iota);
  for (dim_t i = 0; i < y.size(); ++i) EXPECT_EQ(y[i], static_cast<float>(i % 21));
}

TEST(generators, causal_masks_what_comes_later) {
  const tensor<float, shape<batch, 2, 19, 19>> zero(3);
  inference<> ctx;
  const auto y = eval(ctx, zero + causal);
  for (dim_t i = 0; i < y.size(); ++i) {
    const dim_t column = i % 19, row = i / 19 % 19;
    EXPECT_EQ(y[i], column > row ? -HUGE_VALF : 0.0f);
  }
}

TEST(generators, dropout_keeps_the_mean_and_repeats) {
  tensor<float, shape<40000>> one;
  for (float& x : one) x = 1;
  inference<> ctx;
  const auto y = eval(ctx, dropout(one, 0.25f, random_stream{3, 1, 4}));
  const auto same = eval(ctx, dropout(one, 0.25f, random_stream{3, 1, 4}));
  const auto other = eval(ctx, dropout(one, 0.25f, random_stream{3, 1, 5}));
  double total = 0;
  dim_t dropped = 0, equal = 0;
  for (dim_t i = 0; i < y.size(); ++i) {
    EXPECT_TRUE(y[i] == 0 || y[i] == 1 / 0.75f);
    EXPECT_EQ(y[i], same[i]);
    total += y[i];
    dropped += y[i] == 0;
    equal += y[i] == other[i];
  }
  EXPECT_NEAR(total / 40000, 1, 0.02);
  EXPECT_NEAR(static_cast<double>(dropped) / 40000, 0.25, 0.01);
  EXPECT_LT(equal, 30000);
}
