#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <limits>

#include <clipt/autodiff/evaluate.hpp>
#include <clipt/expr/operators.hpp>
#include <clipt/nn/rows.hpp>

using namespace clipt;

TEST(generators, iota_counts_columns) {
  const tensor<float, shape<batch, 21>> zero(3);
  inference<> ctx;
  const auto y = eval(ctx, zero + column_index);
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

/// PyTorch's `is_causal`: tril(ones(queries, keys)), whatever stands before the two axes.
template <class Shape>
void expect_masks(const Shape& s) {
  const dim_t keys = s.extent(Shape::rank - 1), queries = Shape::rank < 2 ? 1 : s.extent(Shape::rank - 2);
  const tensor<float, Shape> zero(s);
  inference<> ctx;
  const auto mask = eval(ctx, zero + causal), sign = eval(ctx, zero + off_diagonal_sign);
  const auto probabilities = softmax(ctx, 2 * zero + causal);
  for (dim_t i = 0; i < mask.size(); ++i) {
    const dim_t column = i % keys, row = i / keys % queries, seen = std::min(row + 1, keys);
    EXPECT_EQ(mask[i], column > row ? -HUGE_VALF : 0.0f) << to_string(s) << " at " << i;
    EXPECT_EQ(sign[i], column == row ? -1.0f : 1.0f) << to_string(s) << " at " << i;
    EXPECT_FLOAT_EQ(probabilities[i], column < seen ? 1 / static_cast<float>(seen) : 0) << to_string(s) << " at " << i;
  }
}

TEST(generators, masks_of_rectangles_begin_at_the_first_query_and_key) {
  expect_masks(shape<2, 2, 3>{});
  expect_masks(shape<2, 3, 2>{});
  expect_masks(shape<batch, 2, 5, 19>{3});
  expect_masks(shape<2, batch, columns>{5, 40});
  expect_masks(shape<batch, columns>{5, 3});
  expect_masks(shape<7>{});
}

TEST(generators, masks_of_rectangles_beside_leaves_that_are_repeated) {
  const tensor<float, shape<2, 2, 3>> scores;
  const tensor<float, shape<2, 1, 3>> more;
  inference<> ctx;
  const auto y = eval(ctx, scores + more + causal);
  for (dim_t i = 0; i < y.size(); ++i) EXPECT_EQ(y[i], i % 3 > i / 3 % 2 ? -HUGE_VALF : 0.0f) << i;
}

TEST(generators, positions_beside_numbers_are_masks_whatever_the_elements_are) {
  const tensor<float, shape<4>> x{{}, {1, NAN, HUGE_VALF, 3}};
  inference<> ctx;
  EXPECT_EQ(row_sum(ctx, where(column_index >= 2, x, 0))[0], HUGE_VALF);
  EXPECT_EQ(row_sum(ctx, where(2 > column_index, 0, x))[0], HUGE_VALF);
  EXPECT_EQ(row_sum(ctx, where(column_index == 0, x, 0))[0], 1);
  const tensor<double, shape<2, 2, 3>> scores;
  const auto seen = eval(ctx, scores + (causal == 0) + 2 * column_index);
  for (dim_t i = 0; i < seen.size(); ++i)
    EXPECT_EQ(seen[i], (i % 3 <= i / 3 % 2 ? 1 : 0) + 2 * static_cast<double>(i % 3)) << i;
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

TEST(generators, dropout_of_what_a_statement_repeats_is_refused) {
  const tensor<float, shape<3, 1>> keep({}, {1, 1, 1});
  const tensor<double, shape<3, 4>> branch;
  const tensor<float, shape<3, 4>> x;
  inference<> ctx;
  EXPECT_THROW(eval(ctx, dropout(keep, 0.5, random_stream{1}) * x), shape_error);
  EXPECT_THROW(eval(ctx, x + dropout(keep, 0.5, random_stream{1})), shape_error);
  EXPECT_NO_THROW(eval(ctx, eval(ctx, dropout(keep, 0.5, random_stream{1})) * dropout(x + 1, 0.5, random_stream{1})));
  for (const double y : eval(ctx, dropout(branch + 1, 0.1, random_stream{1}))) EXPECT_TRUE(y == 0 || y == 1 / 0.9);
}

TEST(generators, dropout_takes_a_probability) {
  const tensor<float, shape<4>> x({}, {1, 2, 3, 4});
  inference<> ctx;
  for (const float p : {-0.5f, 1.5f, std::numeric_limits<float>::quiet_NaN()})
    EXPECT_THROW(dropout(x, p, random_stream{1}), shape_error);
  const auto all = eval(ctx, dropout(x, 1, random_stream{1})), none = eval(ctx, dropout(x, 0, random_stream{1}));
  for (dim_t i = 0; i < 4; ++i) {
    EXPECT_EQ(all[i], 0);
    EXPECT_EQ(none[i], x[i]);
  }
}
