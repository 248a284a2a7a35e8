#include <gtest/gtest.h>
#include <cmath>
#include <string>

#include <clipt/nn/cross_entropy.hpp>
#include "gradients/op_case.hpp"

using namespace clipt;
using clipt_test::uniform;

TEST(cross_entropy, is_the_negative_logarithm_of_the_labels_softmax) {
  for (const dim_t w : {1, 7, 50, 77, 257}) {
    const auto x = uniform<float>(shape<batch, 2, classes>{3, w}, -5, 5, 1);
    inference<> ctx;
    const auto labels = clipt_test::numbers(ctx, shape<batch, 2>{3}, w);
    const auto y = cross_entropy(ctx, x, labels);
    static_assert(std::is_same_v<decltype(y)::shape_type, shape<batch, 2>>);
    for (dim_t row = 0; row < 6; ++row) {
      double sum = 0;
      for (dim_t c = 0; c < w; ++c) sum += std::exp(double(x[row * w + c]));
      ASSERT_NEAR(y[row], std::log(sum) - x[row * w + labels[row]], 1e-5);
    }
  }
}

TEST(cross_entropy, the_gradient_is_softmax_minus_one_at_the_label) {
  const auto x = uniform<float>(shape<batch, 5>{2}, -1, 1, 1);
  const tensor<std::int32_t, shape<batch>> labels(shape<batch>(2), {4, 0});
  const tensor<float, shape<batch>> g(shape<batch>(2), {1, 10});
  recording<> ctx;
  const auto v = ctx.variable(x);
  ctx.backward(cross_entropy(ctx, v, labels), g.view());
  const auto p = softmax(ctx, x);
  for (dim_t i = 0; i < 10; ++i) EXPECT_NEAR(ctx.gradient_of(v)[i], g[i / 5] * (p[i] - (labels[i / 5] == i % 5)), 1e-5);
}

TEST(cross_entropy, takes_labels_of_64_bits_cast) {
  const auto x = uniform<float>(shape<batch, 5>{2}, -1, 1, 1);
  const tensor<std::int64_t, shape<batch>> wide(shape<batch>(2), {4, 0});
  const tensor<std::int32_t, shape<batch>> labels(shape<batch>(2), {4, 0});
  inference<> ctx;
  const auto cast_inside = cross_entropy(ctx, x, cast<std::int32_t>(wide)), expected = cross_entropy(ctx, x, labels);
  for (dim_t i = 0; i < 2; ++i) EXPECT_EQ(cast_inside[i], expected[i]);
}

TEST(cross_entropy, refuses_labels_outside_the_classes_and_too_few) {
  const tensor<float, shape<batch, 3>> x(2);
  const tensor<std::int32_t, shape<batch>> wrong(shape<batch>(2), {0, 3}), few(shape<batch>(1), {0});
  inference<> ctx;
  try {
    cross_entropy(ctx, x, wrong);
    FAIL();
  } catch (const shape_error& e) {
    EXPECT_STREQ(e.what(), "clipt::cross_entropy: label 3 of row 1 is outside [0, 3)");
  }
  EXPECT_THROW(cross_entropy(ctx, x, few), shape_error);
}

TEST(cross_entropy, compares_each_leading_extent) {
  const tensor<float, shape<batch, tokens, 5>> x(2, 3);
  const tensor<std::int32_t, shape<batch, tokens>> turned(3, 2);  // as many labels
  inference<> ctx;
  EXPECT_THROW(cross_entropy(ctx, x, turned), shape_error);
}
