#include <gtest/gtest.h>
#include <limits>
#include <algorithm>
#include <cmath>
#include <vector>

#include <clipt/expr/operators.hpp>
#include <clipt/nn/rows.hpp>
#include "gradients/op_case.hpp"

using namespace clipt;
using clipt_test::uniform;

namespace {

constexpr dim_t widths[] = {1, 7, 50, 77, 257};

double log_of_sum(const float* x, dim_t n) {
  const double largest = *std::max_element(x, x + n);
  double sum = 0;
  for (dim_t i = 0; i < n; ++i) sum += std::exp(x[i] - largest);
  return largest + std::log(sum);
}

}  // namespace

TEST(rows, softmax_and_its_logarithm) {
  for (const dim_t w : widths) {
    const auto x = uniform<float>(shape<batch, 3, columns>{5, w}, -9, 9, 1);
    inference<> ctx;
    const auto y = softmax(ctx, x), z = log_softmax(ctx, x);
    const auto total = log_sum_exp(ctx, x);
    for (dim_t row = 0; row < 15; ++row) {
      const double expected = log_of_sum(x.data() + row * w, w);
      ASSERT_NEAR(total[row], expected, 1e-5);
      for (dim_t c = row * w; c < (row + 1) * w; ++c) {
        ASSERT_NEAR(y[c], std::exp(x[c] - expected), 1e-6);
        ASSERT_NEAR(z[c], x[c] - expected, 1e-5);
      }
    }
  }
}

TEST(rows, softmax_takes_a_statement_and_masks) {
  const auto x = uniform<float>(shape<batch, 50, 50>{2}, -1, 1, 1);
  inference<> ctx;
  const auto y = softmax(ctx, 4 * x + causal);
  for (dim_t row = 0; row < 100; ++row) {
    double sum = 0;
    for (dim_t c = 0; c <= row % 50; ++c) sum += std::exp(4 * x[row * 50 + c]);
    for (dim_t c = 0; c < 50; ++c)
      ASSERT_NEAR(y[row * 50 + c], c <= row % 50 ? std::exp(4 * x[row * 50 + c]) / sum : 0, 1e-6);
  }
}

TEST(rows, softmax_of_huge_numbers_is_finite) {
  const tensor<float, shape<3>> x({}, {1000, 999, -1000});
  inference<> ctx;
  const auto y = softmax(ctx, x);
  EXPECT_NEAR(y[0], 1 / (1 + std::exp(-1.0)), 1e-6);
  EXPECT_EQ(y[2], 0);
  EXPECT_NEAR(log_sum_exp(ctx, x)[0], 1000 + std::log1p(std::exp(-1.0)), 1e-3);
}

TEST(rows, normalisation) {
  for (const dim_t w : widths) {
    const auto x = uniform<float>(shape<batch, columns>{5, w}, -2, 2, 1);
    const auto gain = uniform<float>(shape<columns>{w}, -2, 2, 2);
    inference<> ctx;
    const auto y = l2_normalize(ctx, x), z = rms_norm(ctx, x, gain);
    for (dim_t row = 0; row < 5; ++row) {
      double squares = 0;
      for (dim_t c = 0; c < w; ++c) squares += double(x[row * w + c]) * x[row * w + c];
      for (dim_t c = 0; c < w; ++c) {
        const double value = x[row * w + c];
        ASSERT_NEAR(y[row * w + c], value / std::sqrt(squares), 1e-6);
        ASSERT_NEAR(z[row * w + c], value / std::sqrt(squares / static_cast<double>(w) + 1e-5) * gain[c], 4e-6);
      }
    }
  }
}

TEST(rows, l2_normalize_of_zero_is_zero_and_passes_no_infinity) {
  const tensor<float, shape<3>> zero, g({}, {1, 1, 1});
  recording<> ctx;
  const auto x = ctx.variable(zero);
  const auto y = l2_normalize(ctx, x);
  EXPECT_EQ(y[0], 0);
  ctx.backward(y, g.view());
  EXPECT_TRUE(std::isfinite(ctx.gradient_of(x)[0]));
}

TEST(rows, sums_means_and_the_largest) {
  for (const dim_t w : widths) {
    const auto x = uniform<float>(shape<batch, columns>{5, w}, -2, 2, 1);
    inference<> ctx;
    const auto sums = row_sum(ctx, x), means = row_mean(ctx, x), largest = row_max(ctx, x);
    const auto where = row_argmax(ctx, x);
    for (dim_t row = 0; row < 5; ++row) {
      double sum = 0;
      dim_t best = 0;
      for (dim_t c = 0; c < w; ++c) {
        sum += x[row * w + c];
        if (x[row * w + c] > x[row * w + best]) best = c;
      }
      ASSERT_NEAR(sums[row], sum, 2e-5);
      ASSERT_NEAR(means[row], sum / static_cast<double>(w), 1e-6);
      ASSERT_EQ(largest[row], x[row * w + best]);
      ASSERT_EQ(where[row], best);
    }
  }
}

TEST(rows, the_first_of_equals_is_the_largest) {
  const tensor<float, shape<20>> x({}, {1, 5, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0}), one;
  const tensor<float, shape<>> g({}, {1});
  recording<> ctx;
  EXPECT_EQ(row_argmax(ctx, x)[0], 1);
  const auto v = ctx.variable(x);
  ctx.backward(row_max(ctx, v), g.view());
  for (dim_t i = 0; i < 20; ++i) EXPECT_EQ(ctx.gradient_of(v)[i], i == 1);
}

/// A row with special values in each pair of places, of widths with and without a tail.
template <class T>
void expect_special_rows() {
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  for (const dim_t n : {1, 2, 7, 16, 19, 37})
    for (dim_t i = 0; i < n; ++i)
      for (const T one : {nan, inf, -inf})
        for (const T other : {nan, inf, T(5)}) {
          tensor<T, shape<columns>> x(n);
          x[i / 2] = other;
          x[i] = one;
          dim_t first = 0;
          bool has_nan = false;
          for (dim_t k = 0; k < n; ++k) {
            if (!has_nan && (x[k] != x[k] || x[k] > x[first])) first = k;
            has_nan = has_nan || x[k] != x[k];
          }
          recording<> ctx;
          const auto v = ctx.variable(x);
          const auto largest = row_max(ctx, v);
          EXPECT_EQ(row_argmax(ctx, x)[0], first) << "of " << n;
          EXPECT_TRUE(has_nan ? largest[0] != largest[0] : largest[0] == x[first]) << "of " << n;
          const bool sums = !has_nan && x[first] < inf && x[first] > -inf;
          const auto p = softmax(ctx, x), log_p = log_softmax(ctx, x);
          const auto total = log_sum_exp(ctx, x);
          for (dim_t k = 0; k < n; ++k) {
            EXPECT_EQ(p[k] == p[k], sums) << p[k] << " of " << n;
            EXPECT_EQ(log_p[k] == log_p[k], sums) << log_p[k] << " of " << n;
          }
          EXPECT_TRUE(has_nan ? total[0] != total[0] : sums || total[0] == x[first]) << total[0] << " of " << n;
          ctx.backward(largest);
          for (dim_t k = 0; k < n; ++k) EXPECT_EQ(ctx.gradient_of(v)[k], k == first ? 1 : 0);
        }
}

TEST(rows, special_values_give_what_pytorch_gives) {
  expect_special_rows<float>();
  expect_special_rows<double>();
}
