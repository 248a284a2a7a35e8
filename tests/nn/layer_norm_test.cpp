#include <gtest/gtest.h>
#include <cmath>

#include <clipt/expr/operators.hpp>
#include <clipt/nn/layer_norm.hpp>
#include "gradients/op_case.hpp"

using namespace clipt;
using clipt_test::uniform;

TEST(layer_norm, of_a_sum_beside_plain_loops) {
  for (const dim_t w : {1, 7, 50, 77, 257}) {
    const auto x = uniform<float>(shape<batch, 3, columns>{4, w}, -2, 2, 1),
               residual = uniform<float>(shape<batch, 3, columns>{4, w}, 5, 9, 2);
    const auto gain = uniform<float>(shape<columns>{w}, -2, 2, 3), bias = uniform<float>(shape<columns>{w}, -2, 2, 4);
    inference<> ctx;
    const auto y = layer_norm(ctx, x + residual, gain, bias);
    for (dim_t row = 0; row < 12; ++row) {
      const auto at = [&](dim_t c) { return double(x[row * w + c]) + residual[row * w + c]; };
      double mean = 0, variance = 0;
      for (dim_t c = 0; c < w; ++c) mean += at(c) / static_cast<double>(w);
      for (dim_t c = 0; c < w; ++c) variance += (at(c) - mean) * (at(c) - mean) / static_cast<double>(w);
      for (dim_t c = 0; c < w; ++c)
        ASSERT_NEAR(y[row * w + c], (at(c) - mean) / std::sqrt(variance + 1e-5) * gain[c] + bias[c],
                    w == 1 ? 1e-3 : 2e-5)
            << w;
    }
  }
}

TEST(layer_norm, in_sixteen_bit_elements_computes_in_floats) {
  const auto x = uniform<bfloat16>(shape<batch, 64>{4}, 99, 101, 1);
  const auto gain = uniform<float>(shape<64>{}, 1, 2, 2), bias = uniform<float>(shape<64>{}, -1, 1, 3);
  inference<> ctx;
  const auto y = layer_norm(ctx, x, gain, bias);
  const auto wide = layer_norm(ctx, cast<float>(x), gain, bias);
  for (dim_t i = 0; i < y.size(); ++i)
    EXPECT_NEAR(static_cast<float>(y[i]), wide[i], 0.01f * std::abs(wide[i]) + 1e-3f);
}

TEST(layer_norm, gradients_of_gain_and_bias_err_by_a_few_roundings_at_most) {
  const dim_t rows = 100000;
  const auto x = uniform<float>(shape<batch, 2>{rows}, -2, 2, 1);
  const parameter<fp32, 2> gain, bias;
  tensor<float, shape<batch, 2>> g(rows);
  std::fill(g.begin(), g.end(), 0.1f);
  recording<> ctx;
  ctx.backward(layer_norm(ctx, x, gain, bias), g.view());
  const double right = static_cast<double>(0.1f) * static_cast<double>(rows);
  EXPECT_NEAR(bias.gradient_data()[1], right, std::log2(static_cast<double>(rows)) * right / (1 << 24));
}
