#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include <clipt/nn/pooling.hpp>
#include <clipt/nn/reductions.hpp>
#include "gradients/op_case.hpp"

using namespace clipt;
using clipt_test::uniform;

namespace {

constexpr float inf = std::numeric_limits<float>::infinity();

/// Values and winners of max_pool2d beside plain loops; equal elements abound.
template <extent2d Window, extent2d Stride, extent2d Padding>
void expect_max_pool() {
  constexpr dim_t h = 7, w = 6, channels = 5;
  auto x = uniform<float>(shape<batch, h, w, channels>{3}, -3, 3, 1);
  for (float& v : x) v = std::round(v);
  recording<> ctx;
  const auto v = ctx.variable(x);
  const auto y = max_pool2d<Window, Stride, Padding>(ctx, v);
  const auto g = uniform<float>(y.shape(), -1, 1, 2);
  ctx.backward(y, g.view());
  const dim_t oh = y.shape().extent(1), ow = y.shape().extent(2);
  EXPECT_EQ(oh, (h + 2 * Padding.height - Window.height) / Stride.height + 1);
  EXPECT_EQ(ow, (w + 2 * Padding.width - Window.width) / Stride.width + 1);
  std::vector<double> dx(static_cast<std::size_t>(x.size()));
  for (dim_t at = 0; at < y.size(); ++at) {
    const dim_t c = at % channels, j = at / channels % ow, i = at / channels / ow % oh, n = at / channels / ow / oh;
    float best = -inf;
    dim_t from = -1;
    for (dim_t a = 0; a < Window.height; ++a)
      for (dim_t b = 0; b < Window.width; ++b) {
        const dim_t py = i * Stride.height + a - Padding.height, px = j * Stride.width + b - Padding.width;
        if (py < 0 || py >= h || px < 0 || px >= w) continue;
        const dim_t pixel = ((n * h + py) * w + px) * channels + c;
        if (from < 0 || x[pixel] > best) best = x[pixel], from = pixel;
      }
    ASSERT_EQ(y[at], best);
    dx[static_cast<std::size_t>(from)] += g[at];
  }
  for (dim_t i = 0; i < x.size(); ++i) ASSERT_NEAR(ctx.gradient_of(v)[i], dx[static_cast<std::size_t>(i)], 1e-6) << i;
}

}  // namespace

TEST(avg_pool2d, means_of_squares) {
  const auto x = uniform<float>(shape<batch, 5, 6, 7>{3}, -1, 1, 1);
  inference<> ctx;
  const auto y = avg_pool2d<2>(ctx, x);
  static_assert(std::is_same_v<decltype(y)::shape_type, shape<batch, 2, 3, 7>>);
  for (dim_t n = 0; n < 3; ++n)
    for (dim_t i = 0; i < 2; ++i)
      for (dim_t j = 0; j < 3; ++j)
        for (dim_t c = 0; c < 7; ++c) {
          const auto at = [&](dim_t a, dim_t b) { return x[((n * 5 + 2 * i + a) * 6 + 2 * j + b) * 7 + c]; };
          EXPECT_NEAR(y[((n * 2 + i) * 3 + j) * 7 + c], (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4, 1e-6);
        }
}

TEST(max_pool2d, windows_strides_and_paddings) {
  expect_max_pool<2, 2, 0>();
  expect_max_pool<3, 2, 1>();
  expect_max_pool<3, 1, 1>();
  expect_max_pool<extent2d{1, 4}, extent2d{3, 1}, extent2d{0, 2}>();
  expect_max_pool<2, 3, 0>();  // pixels that no window sees
}

TEST(max_pool2d, a_stride_that_is_not_given_is_the_window) {
  const auto x = uniform<float>(shape<batch, 5, 6, 7>{3}, -1, 1, 1);
  inference<> ctx;
  const auto y = max_pool2d<extent2d{2, 3}>(ctx, x);
  static_assert(std::is_same_v<decltype(y)::shape_type, shape<batch, 2, 2, 7>>);
}

TEST(max_pool2d, a_nan_wins_and_minus_infinity_is_a_pixel_like_others) {
  tensor<float, shape<1, 2, 4, 1>> x;
  const float values[] = {-inf, -inf, 1, NAN, -inf, -inf, NAN, inf};
  std::copy_n(values, 8, x.data());
  recording<> ctx;
  const auto v = ctx.variable(x);
  const auto y = max_pool2d<2>(ctx, v);
  EXPECT_EQ(y[0], -inf);
  EXPECT_TRUE(std::isnan(y[1]));
  const tensor<float, shape<1, 1, 2, 1>> ones = [] {
    tensor<float, shape<1, 1, 2, 1>> t;
    t[0] = t[1] = 1;
    return t;
  }();
  ctx.backward(y, ones.view());
  const float gradient[] = {1, 0, 0, 0, 0, 0, 1, 0};  // PyTorch 2: the first of equals, the last NaN
  for (dim_t i = 0; i < 8; ++i) EXPECT_EQ(ctx.gradient_of(v)[i], gradient[i]) << i;
}

TEST(max_pool2d, sixteen_bits) {
  const auto x = uniform<float>(shape<batch, 4, 4, 3>{2}, -1, 1, 1);
  inference<> ctx;
  const auto narrow = eval(ctx, cast<bfloat16>(x));
  const auto y = max_pool2d<3, 1, 1>(ctx, narrow);
  const auto wide = max_pool2d<3, 1, 1>(ctx, cast<float>(narrow));
  for (dim_t i = 0; i < y.size(); ++i) EXPECT_EQ(static_cast<float>(y[i]), wide[i]);
}
