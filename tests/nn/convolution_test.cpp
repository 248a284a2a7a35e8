#include <gtest/gtest.h>

#include <clipt/nn/convolution.hpp>
#include <clipt/nn/reductions.hpp>
#include "gradients/op_case.hpp"

using namespace clipt;
using clipt_test::uniform;

namespace {

template <dim_t Kernel, dim_t Stride, dim_t Padding, dim_t In, dim_t Out>
void expect_convolution() {
  constexpr dim_t h = 11, w = 9;
  const auto x = uniform<float>(shape<batch, h, w, In>{3}, -1, 1, 1);
  const auto f = uniform<float>(shape<Out, In, Kernel, Kernel>{}, -1, 1, 2);
  inference<> ctx;
  const auto y = conv2d<Stride, Padding>(ctx, x, f);
  constexpr dim_t oh = (h + 2 * Padding - Kernel) / Stride + 1, ow = (w + 2 * Padding - Kernel) / Stride + 1;
  static_assert(std::is_same_v<typename std::remove_cvref_t<decltype(y)>::shape_type, shape<batch, oh, ow, Out>>);
  for (dim_t n = 0; n < 3; ++n)
    for (dim_t i = 0; i < oh; ++i)
      for (dim_t j = 0; j < ow; ++j)
        for (dim_t o = 0; o < Out; ++o) {
          double sum = 0;
          for (dim_t a = 0; a < Kernel; ++a)
            for (dim_t b = 0; b < Kernel; ++b) {
              const dim_t py = i * Stride + a - Padding, px = j * Stride + b - Padding;
              if (py < 0 || py >= h || px < 0 || px >= w) continue;
              for (dim_t c = 0; c < In; ++c)
                sum += double(x[((n * h + py) * w + px) * In + c]) * f[((o * In + c) * Kernel + a) * Kernel + b];
            }
          ASSERT_NEAR(y[((n * oh + i) * ow + j) * Out + o], sum, 2e-5) << Kernel << ' ' << Stride << ' ' << Padding;
        }
}

/// y beside plain loops over windows that differ by axis, in groups, with a bias.
template <extent2d Kernel, extent2d Stride, extent2d Padding, extent2d Dilation, dim_t Groups>
void expect_options() {
  constexpr dim_t h = 9, w = 11, in = 6, out = 4, part = in / Groups;
  const auto x = uniform<float>(shape<batch, h, w, in>{2}, -1, 1, 1);
  const auto f = uniform<float>(shape<out, part, Kernel.height, Kernel.width>{}, -1, 1, 2);
  const auto bias = uniform<float>(shape<out>{}, -1, 1, 3);
  inference<> ctx;
  const auto y = conv2d<Stride, Padding, Dilation, Groups>(ctx, x, f, bias);
  const dim_t oh = (h + 2 * Padding.height - Dilation.height * (Kernel.height - 1) - 1) / Stride.height + 1;
  const dim_t ow = (w + 2 * Padding.width - Dilation.width * (Kernel.width - 1) - 1) / Stride.width + 1;
  ASSERT_EQ(y.shape().extent(1), oh);
  ASSERT_EQ(y.shape().extent(2), ow);
  for (dim_t at = 0; at < y.size(); ++at) {
    const dim_t o = at % out, j = at / out % ow, i = at / out / ow % oh, n = at / out / ow / oh;
    double sum = bias[o];
    for (dim_t a = 0; a < Kernel.height; ++a)
      for (dim_t b = 0; b < Kernel.width; ++b)
        for (dim_t c = 0; c < part; ++c) {
          const dim_t py = i * Stride.height + a * Dilation.height - Padding.height,
                      px = j * Stride.width + b * Dilation.width - Padding.width;
          if (py < 0 || py >= h || px < 0 || px >= w) continue;
          sum += double(x[((n * h + py) * w + px) * in + o / (out / Groups) * part + c]) *
                 f[((o * part + c) * Kernel.height + a) * Kernel.width + b];
        }
    ASSERT_NEAR(y[at], sum, 2e-5) << at;
  }
}

}  // namespace

TEST(conv2d, kernels_strides_and_paddings) {
  expect_convolution<1, 1, 0, 7, 5>();
  expect_convolution<3, 1, 1, 3, 33>();
  expect_convolution<3, 2, 1, 16, 8>();
  expect_convolution<4, 4, 0, 3, 50>();
  expect_convolution<7, 2, 3, 2, 3>();
}

TEST(conv2d, pictures_of_runtime_size_where_it_does_not_change) {
  const auto x = uniform<float>(shape<batch, height, width, 2>{1, 4, 5}, -1, 1, 1);
  const auto f = uniform<float>(shape<3, 2, 3, 3>{}, -1, 1, 2);
  inference<> ctx;
  const auto y = conv2d<1, 1>(ctx, x, f);
  EXPECT_EQ(to_string(y.shape()), "[batch=1, height=4, width=5, 3]");
}

TEST(conv2d, options_of_pytorch_one_by_one_and_together) {
  expect_options<3, 1, 1, 1, 1>();
  expect_options<extent2d{1, 4}, extent2d{2, 1}, extent2d{0, 3}, 1, 1>();
  expect_options<3, 1, 0, 2, 1>();
  expect_options<3, 1, 1, 1, 2>();
  expect_options<extent2d{2, 3}, extent2d{3, 2}, extent2d{1, 2}, extent2d{4, 2}, 2>();
}

TEST(conv2d, one_filter_for_each_channel) {
  const auto x = uniform<float>(shape<1, 5, 5, 3>{}, -1, 1, 1);
  const auto f = uniform<float>(shape<3, 1, 3, 3>{}, -1, 1, 2);
  inference<> ctx;
  const auto y = conv2d<1, 1, 1, 3>(ctx, x, f);
  for (dim_t c = 0; c < 3; ++c) {
    double sum = 0;
    for (dim_t k = 0; k < 9; ++k) sum += double(x[((1 + k / 3) * 5 + 1 + k % 3) * 3 + c]) * f[c * 9 + k];
    EXPECT_NEAR(y[(2 * 5 + 2) * 3 + c], sum, 1e-6);
  }
}

TEST(conv2d, a_bias_alone_gets_the_sums_of_all_pixels) {
  const auto x = uniform<float>(shape<batch, 4, 3, 2>{2}, -1, 1, 1);
  const auto f = uniform<float>(shape<5, 2, 3, 3>{}, -1, 1, 2);
  const auto bias = uniform<float>(shape<5>{}, -1, 1, 3);
  recording<> ctx;
  const auto b = ctx.variable(bias);
  const auto all = conv2d<1, 1>(ctx, x, f, b);  // 24 pixels
  const auto inner = conv2d(ctx, x, f, b);      // 4 pixels
  ctx.backward(eval(ctx, sum(ctx, all) + sum(ctx, inner)));
  for (const float g : ctx.gradient_of(b)) EXPECT_EQ(g, 28);
}

TEST(conv2d, the_bias_changes_no_bit_but_by_its_addition) {
  const auto x = uniform<float>(shape<batch, 4, 3, 2>{2}, -1, 1, 1);
  const auto f = uniform<float>(shape<5, 2, 3, 3>{}, -1, 1, 2);
  const tensor<float, shape<5>> zero;
  inference<> ctx;
  const auto plain = conv2d<1, 1>(ctx, x, f), biased = conv2d<1, 1>(ctx, x, f, zero);
  for (dim_t i = 0; i < plain.size(); ++i) EXPECT_EQ(plain[i], biased[i]);
}
