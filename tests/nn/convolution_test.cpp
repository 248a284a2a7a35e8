#include <gtest/gtest.h>

#include <clipt/nn/convolution.hpp>
#include <clipt/nn/pooling.hpp>
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
