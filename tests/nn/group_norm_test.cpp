#include <gtest/gtest.h>

#include <cmath>

#include <clipt/nn/picture_layers.hpp>
#include <clipt/nn/reductions.hpp>
#include "gradients/op_case.hpp"

using namespace clipt;
using clipt_test::uniform;

namespace {

template <dim_t Groups, class X>
void expect_group_norm(const X& x, double epsilon) {
  constexpr dim_t channels = 6, part = channels / Groups;
  const auto weight = uniform<float>(shape<channels>{}, 0.5, 1.5, 2),
             bias = uniform<float>(shape<channels>{}, -1, 1, 3);
  inference<> ctx;
  const auto y = group_norm<Groups>(ctx, x, weight, bias, epsilon);
  const dim_t batch = x.shape().extent(0), positions = x.size() / batch / channels;
  for (dim_t n = 0; n < batch; ++n)
    for (dim_t group = 0; group < Groups; ++group) {
      const auto at = [&](dim_t k) { return (n * positions + k / part) * channels + group * part + k % part; };
      double mean = 0, variance = 0;
      for (dim_t k = 0; k < positions * part; ++k) mean += x[at(k)] / double(positions * part);
      for (dim_t k = 0; k < positions * part; ++k)
        variance += (x[at(k)] - mean) * (x[at(k)] - mean) / double(positions * part);
      for (dim_t k = 0; k < positions * part; ++k) {
        const dim_t c = at(k) % channels;
        ASSERT_NEAR(y[at(k)], (x[at(k)] - mean) / std::sqrt(variance + epsilon) * weight[c] + bias[c], 1e-5);
      }
    }
}

}  // namespace

TEST(group_norm, statistics_of_each_sample_and_group) {
  const auto pictures = uniform<float>(shape<batch, 3, 5, 6>{4}, -1, 3, 1);
  expect_group_norm<1>(pictures, 1e-5);
  expect_group_norm<2>(pictures, 1e-5);
  expect_group_norm<3>(pictures, 0.5);
  expect_group_norm<6>(pictures, 1e-5);
  expect_group_norm<2>(uniform<float>(shape<batch, 6>{4}, -1, 3, 1), 1e-5);
}

TEST(group_norm, refuses_runtime_channels_that_groups_do_not_divide) {
  const auto x = uniform<float>(shape<batch, 3, columns>{2, 5}, -1, 3, 1);
  const auto weight = uniform<float>(shape<columns>{5}, -1, 1, 2), other = uniform<float>(shape<columns>{4}, -1, 1, 2);
  inference<> ctx;
  EXPECT_THROW(group_norm<2>(ctx, x, weight, weight), shape_error);
  EXPECT_THROW(group_norm<1>(ctx, x, weight, other), shape_error);
  EXPECT_NO_THROW(group_norm<5>(ctx, x, weight, weight));
}

TEST(picture_layers, names_shapes_and_values) {
  const biased_convolution<fp32, 4, 6, extent2d{3, 1}, 1, extent2d{1, 0}, 1, 2> convolve;
  const group_normalization<fp32, 3, 6> normalise;
  EXPECT_EQ(parameter_count(convolve), 6 * 2 * 3 + 6);
  EXPECT_EQ(parameter_count(normalise), 12);
  const auto x = uniform<float>(shape<batch, 3, 5, 4>{2}, -1, 1, 1);
  inference<> ctx;
  const auto y = normalise(ctx, convolve(ctx, x));
  static_assert(std::is_same_v<std::remove_cvref_t<decltype(y)>::shape_type, shape<batch, 3, 5, 6>>);
}

TEST(drop, is_dropout_in_training_and_nothing_else) {
  const auto x = uniform<float>(shape<batch, 50>{20}, -1, 1, 1);
  inference<> ctx;
  const drop layer{0.3};
  const auto same = eval(ctx, layer(ctx, x, random_stream{1, 2, 3}));
  for (dim_t i = 0; i < x.size(); ++i) EXPECT_EQ(same[i], x[i]);
  ctx.settings.training = true;
  const auto first = eval(ctx, layer(ctx, x, random_stream{1, 2, 3})),
             again = eval(ctx, layer(ctx, x, random_stream{1, 2, 3})),
             next = eval(ctx, layer(ctx, x, random_stream{1, 2, 4}));
  const auto function = eval(ctx, dropout(x, 0.3, random_stream{1, 2, 3}));
  dim_t zeros = 0, differ = 0;
  for (dim_t i = 0; i < x.size(); ++i) {
    EXPECT_EQ(first[i], again[i]);
    EXPECT_EQ(first[i], function[i]);
    zeros += first[i] == 0;
    differ += first[i] != next[i];
  }
  EXPECT_NEAR(double(zeros), 300, 60);
  EXPECT_GT(differ, 200);
}
