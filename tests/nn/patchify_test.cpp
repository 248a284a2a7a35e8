#include <gtest/gtest.h>

#include <clipt/nn/patchify.hpp>
#include <clipt/nn/products.hpp>
#include <clipt/nn/reshaping.hpp>
#include "gradients/op_case.hpp"

using namespace clipt;
using clipt_test::uniform;

TEST(patchify, patches_are_rows_in_the_order_channel_y_x) {
  const auto x = uniform<float>(shape<batch, 3, 8, 12>{2}, -1, 1, 1);
  inference<> ctx;
  const auto y = patchify<4>(ctx, x);
  static_assert(std::is_same_v<decltype(y)::shape_type, shape<batch, 6, 48>>);
  for (dim_t n = 0; n < 2; ++n)
    for (dim_t c = 0; c < 3; ++c)
      for (dim_t i = 0; i < 8; ++i)
        for (dim_t j = 0; j < 12; ++j)
          ASSERT_EQ(y[((n * 6 + i / 4 * 3 + j / 4) * 3 + c) * 16 + i % 4 * 4 + j % 4],
                    x[((n * 3 + c) * 8 + i) * 12 + j]);
}

TEST(patchify, a_patch_convolution_is_an_affine_product) {
  const auto x = uniform<double>(shape<batch, 3, 8, 8>{2}, -1, 1, 1);
  const auto w = uniform<double>(shape<5, 3, 4, 4>{}, -1, 1, 2);
  const tensor<double, shape<5>> bias;
  inference<> ctx;
  const auto y = affine(ctx, patchify<4>(ctx, x), reshape<shape<5, 48>>(w), bias);
  for (dim_t n = 0; n < 2; ++n)
    for (dim_t p = 0; p < 4; ++p)
      for (dim_t o = 0; o < 5; ++o) {
        double sum = 0;
        for (dim_t c = 0; c < 3; ++c)
          for (dim_t i = 0; i < 4; ++i)
            for (dim_t j = 0; j < 4; ++j)
              sum += x[((n * 3 + c) * 8 + p / 2 * 4 + i) * 8 + p % 2 * 4 + j] * w[((o * 3 + c) * 4 + i) * 4 + j];
        ASSERT_NEAR(y[(n * 4 + p) * 5 + o], sum, 1e-13);
      }
}
