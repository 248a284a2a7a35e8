#include <gtest/gtest.h>
#include <cmath>
#include <vector>

#include <clipt/nn/batch_norm.hpp>
#include "gradients/op_case.hpp"

using namespace clipt;
using clipt_test::uniform;

namespace {

struct channel {
  double mean = 0, variance = 0;
};

/// Mean and biased variance of channel c of [n, width].
channel statistics(const float* x, dim_t n, dim_t width, dim_t c) {
  channel s;
  for (dim_t i = 0; i < n; ++i) s.mean += x[i * width + c] / static_cast<double>(n);
  for (dim_t i = 0; i < n; ++i)
    s.variance += (x[i * width + c] - s.mean) * (x[i * width + c] - s.mean) / static_cast<double>(n);
  return s;
}

}  // namespace

TEST(batch_norm, training_uses_the_batch_and_moves_the_running_statistics) {
  for (const dim_t w : {1, 7, 50, 257}) {
    const dim_t n = 3 * 5 * 7 * 40;
    const auto x = uniform<float>(shape<batch, 5, 7, columns>{3 * 40, w}, 1, 4, 1);
    const auto gain = uniform<float>(shape<columns>{w}, 0.5, 1.5, 2),
               bias = uniform<float>(shape<columns>{w}, -1, 1, 3);
    auto mean = uniform<float>(shape<columns>{w}, -1, 1, 4), variance = uniform<float>(shape<columns>{w}, 1, 2, 5);
    const auto mean_before = mean, variance_before = variance;
    inference<> ctx;
    ctx.settings.training = true;
    const auto y = batch_norm(ctx, x, gain, bias, mean, variance);
    for (dim_t c = 0; c < w; ++c) {
      const channel s = statistics(x.data(), n, w, c);
      for (dim_t i = 0; i < n; i += 97)
        ASSERT_NEAR(y[i * w + c], (x[i * w + c] - s.mean) / std::sqrt(s.variance + 1e-5) * gain[c] + bias[c], 1e-5)
            << w;
      ASSERT_NEAR(mean[c], 0.9 * mean_before[c] + 0.1 * s.mean, 1e-6);
      ASSERT_NEAR(variance[c], 0.9 * variance_before[c] + 0.1 * s.variance * n / (n - 1.0), 1e-6);
    }
  }
}

TEST(batch_norm, a_large_mean_costs_no_digits) {
  auto x = uniform<float>(shape<batch, 16>{20000}, -1, 1, 1);
  for (float& v : x) v = v * 0.5f + 1000;
  tensor<float, shape<16>> gain, bias, mean, variance;
  for (float& v : gain) v = 1;
  inference<> ctx;
  ctx.settings.training = true;
  batch_norm(ctx, x, gain, bias, mean, variance, 1);
  for (dim_t c = 0; c < 16; ++c) {
    const channel s = statistics(x.data(), 20000, 16, c);
    EXPECT_NEAR(variance[c], s.variance, 1e-3 * s.variance);
    EXPECT_NEAR(mean[c], s.mean, 3e-4);
  }
}

TEST(batch_norm, evaluation_uses_the_running_statistics_and_leaves_them) {
  const auto x = uniform<float>(shape<batch, 50>{9}, -1, 4, 1);
  const auto gain = uniform<float>(shape<50>{}, 0.5, 1.5, 2), bias = uniform<float>(shape<50>{}, -1, 1, 3);
  auto mean = uniform<float>(shape<50>{}, -1, 1, 4), variance = uniform<float>(shape<50>{}, 1, 2, 5);
  const auto mean_before = mean;
  inference<> ctx;
  const auto y = batch_norm(ctx, x, gain, bias, mean, variance);
  const auto z = batch_norm_relu(ctx, x, gain, bias, mean, variance);
  for (dim_t i = 0; i < x.size(); ++i) {
    const dim_t c = i % 50;
    const double expected = (x[i] - mean[c]) / std::sqrt(variance[c] + 1e-5) * gain[c] + bias[c];
    EXPECT_NEAR(y[i], expected, 1e-5);
    EXPECT_NEAR(z[i], std::max(0.0, expected), 1e-5);
  }
  for (dim_t c = 0; c < 50; ++c) EXPECT_EQ(mean[c], mean_before[c]);
}

namespace {

/// Running statistics of three channels, and a context in training.
struct three_channels {
  tensor<float, shape<3>> gain, bias, mean{{}, {1, 2, 3}}, variance{{}, {4, 5, 6}};
  inference<> ctx;
  three_channels() { ctx.settings.training = true; }
  dim_t normalised_size(const tensor<float, shape<batch, 3>>& x) {
    return batch_norm(ctx, x, gain, bias, mean, variance).size();
  }
};

}  // namespace

TEST(batch_norm, an_empty_batch_leaves_the_running_statistics) {
  three_channels all;
  EXPECT_EQ(all.normalised_size(tensor<float, shape<batch, 3>>(0)), 0);
  EXPECT_EQ(all.mean[1], 2);
  EXPECT_EQ(all.variance[1], 5);
}

TEST(batch_norm, refuses_statistics_of_one_row) {
  three_channels all;
  const tensor<float, shape<batch, 3>> x(1);
  EXPECT_THROW(all.normalised_size(x), shape_error);
  EXPECT_EQ(all.mean[1], 2);
  all.ctx.settings.frozen_statistics = true;
  EXPECT_EQ(all.normalised_size(x), 3);
}

TEST(batch_norm, compares_runtime_channels) {
  const tensor<float, shape<batch, columns>> x(2, 5);
  const tensor<float, shape<columns>> gain(5), bias(4);
  tensor<float, shape<columns>> mean(5), variance(5);
  inference<> ctx;
  EXPECT_THROW(batch_norm(ctx, x, gain, bias, mean, variance), shape_error);
}

TEST(batch_norm, gradients_of_gain_and_bias_err_by_a_few_roundings_at_most) {
  const dim_t rows = 100000;
  const auto x = uniform<float>(shape<batch, 2>{rows}, -2, 2, 1);
  const parameter<fp32, 2> gain, bias;
  tensor<float, shape<2>> mean, variance;
  tensor<float, shape<batch, 2>> g(rows);
  std::fill(g.begin(), g.end(), 0.1f);
  recording<> ctx;
  ctx.backward(batch_norm(ctx, x, gain, bias, mean, variance), g.view());
  const double right = static_cast<double>(0.1f) * static_cast<double>(rows);
  EXPECT_NEAR(bias.gradient_data()[1], right, std::log2(static_cast<double>(rows)) * right / (1 << 24));
}

TEST(batch_norm, the_mean_of_many_rows_errs_by_a_few_roundings_at_most) {
  for (const dim_t rows : {2, 7, 16, 31, 100000}) {
    tensor<float, shape<batch, 3>> x(rows);
    std::fill(x.begin(), x.end(), 0.1f);
    const parameter<fp32, 3> gain, bias;
    tensor<float, shape<3>> mean, variance;
    inference<> ctx;
    ctx.settings.training = true;
    batch_norm(ctx, x, gain, bias, mean, variance, 1.0);
    for (const float m : mean) EXPECT_FLOAT_EQ(m, 0.1f) << rows;
    for (const float v : variance) EXPECT_NEAR(v, 0, 1e-15) << rows;
  }
}
