#include <gtest/gtest.h>
#include <string>

#include <clipt/nn/reshaping.hpp>
#include "gradients/op_case.hpp"

using namespace clipt;
using clipt_test::uniform;

TEST(reshape, copies_nothing) {
  const auto x = uniform<float>(shape<batch, 7, 7, 5>{3}, -1, 1, 1);
  const auto y = reshape<shape<batch, 49, 5>>(x);
  EXPECT_EQ(y.data(), x.data());
  EXPECT_EQ(to_string(y.shape()), "[batch=3, 49, 5]");
  const auto z = reshape(x, shape<rows, 5>{147});
  EXPECT_EQ(z.data(), x.data());
  parameter<fp32, 4, 3, 2, 2> filters;
  const auto matrix = reshape<shape<4, 12>>(filters);
  EXPECT_EQ(matrix.slot, &filters.gradient());
}

TEST(reshape, compares_runtime_sizes) {
  const tensor<float, shape<batch, 6>> x(4);
  try {
    reshape(x, shape<rows, 7>{4});
    FAIL();
  } catch (const shape_error& e) {
    EXPECT_STREQ(e.what(),
                 "clipt::reshape: [batch=4, 6] and [rows=4, 7]: both shapes have the same number of elements: they "
                 "differ (24 and 28)");
  }
}

TEST(slice, takes_a_part_of_any_axis) {
  const auto x = uniform<float>(shape<batch, 5, 9>{4}, -1, 1, 1);
  inference<> ctx;
  const auto middle = slice<1, 2, 3>(ctx, x);
  const auto last = slice<-1, 4, 2>(ctx, x);
  const auto first = slice<0, 1, 2>(ctx, x);
  static_assert(std::is_same_v<decltype(middle)::shape_type, shape<batch, 3, 9>>);
  static_assert(std::is_same_v<decltype(last)::shape_type, shape<batch, 5, 2>>);
  static_assert(std::is_same_v<decltype(first)::shape_type, shape<2, 5, 9>>);
  for (dim_t b = 0; b < 4; ++b)
    for (dim_t i = 0; i < 5; ++i)
      for (dim_t c = 0; c < 9; ++c) {
        const float value = x[(b * 5 + i) * 9 + c];
        EXPECT_TRUE(i < 2 || middle[(b * 3 + i - 2) * 9 + c] == value);
        EXPECT_TRUE(c < 4 || c >= 6 || last[(b * 5 + i) * 2 + c - 4] == value);
        EXPECT_TRUE(b < 1 || b >= 3 || first[((b - 1) * 5 + i) * 9 + c] == value);
      }
  EXPECT_THROW((slice<0, 3, 2>(ctx, x)), shape_error);
}

TEST(slice, the_gradient_outside_the_part_is_zero) {
  const auto x = uniform<float>(shape<batch, 5, 2>{300}, -1, 1, 1),
             g = uniform<float>(shape<batch, 5, 2>{300}, -1, 1, 2);
  tensor<float, shape<batch, 2, 2>> part(300);
  for (dim_t i = 0; i < part.size(); ++i) part[i] = g[i];
  recording<> ctx;
  const auto v = ctx.variable(x);
  ctx.backward(slice<1, 1, 2>(ctx, v), part.view());
  for (dim_t i = 0; i < x.size(); ++i) {
    const dim_t row = i / 2 % 5;
    ASSERT_EQ(ctx.gradient_of(v)[i], row == 1 || row == 2 ? part[i / 10 * 4 + i % 10 - 2] : 0);
  }
}

TEST(split, gives_equal_parts_that_concat_puts_together) {
  const auto x = uniform<float>(shape<batch, 12>{7}, -1, 1, 1);
  inference<> ctx;
  const auto parts = split<1, 3>(ctx, x);
  static_assert(std::is_same_v<std::remove_cvref_t<decltype(parts[0])>::shape_type, shape<batch, 4>>);
  const auto whole = concat<-1>(ctx, parts[0], parts[1], parts[2]);
  static_assert(std::is_same_v<decltype(whole)::shape_type, shape<batch, 12>>);
  for (dim_t i = 0; i < x.size(); ++i) EXPECT_EQ(whole[i], x[i]);
}

TEST(concat, names_a_runtime_extent_of_the_result) {
  const auto a = uniform<float>(shape<batch, 3>{2}, -1, 1, 1), b = uniform<float>(shape<batch, 3>{5}, -1, 1, 2);
  inference<> ctx;
  const auto y = concat<0, rows>(ctx, a, b);
  EXPECT_EQ(to_string(y.shape()), "[rows=7, 3]");
  for (dim_t i = 0; i < 21; ++i) EXPECT_EQ(y[i], i < 6 ? a[i] : b[i - 6]);
  EXPECT_THROW((concat<1>(ctx, a, b)), shape_error);  // batch is 2 and 5
}

TEST(concat, large_parts_along_the_first_axis) {
  const auto a = uniform<float>(shape<300, 77>{}, -1, 1, 1);
  const auto b = uniform<float>(shape<500, 77>{}, -1, 1, 2);
  inference<> ctx;
  const auto y = concat<0>(ctx, a, b);
  static_assert(std::is_same_v<decltype(y)::shape_type, shape<800, 77>>);
  for (dim_t i = 0; i < y.size(); ++i) ASSERT_EQ(y[i], i < a.size() ? a[i] : b[i - a.size()]);
}

TEST(prepend_token, puts_one_token_before_each_sample) {
  const auto token = uniform<float>(shape<9>{}, -1, 1, 1);
  const auto x = uniform<float>(shape<batch, 4, 9>{3}, -1, 1, 2);
  inference<> ctx;
  const auto y = prepend_token(ctx, token, x);
  static_assert(std::is_same_v<decltype(y)::shape_type, shape<batch, 5, 9>>);
  for (dim_t b = 0; b < 3; ++b)
    for (dim_t i = 0; i < 5; ++i)
      for (dim_t c = 0; c < 9; ++c) EXPECT_EQ(y[(b * 5 + i) * 9 + c], i == 0 ? token[c] : x[(b * 4 + i - 1) * 9 + c]);
}

TEST(permute, any_order_of_axes) {
  const auto x = uniform<float>(shape<batch, 3, 17, 33>{5}, -1, 1, 1);
  inference<> ctx;
  const auto nhwc = permute<0, 2, 3, 1>(ctx, x);
  const auto turned = permute<3, 1, 0, 2>(ctx, x);
  const auto outer = permute<1, 0, 2, 3>(ctx, x);
  static_assert(std::is_same_v<decltype(nhwc)::shape_type, shape<batch, 17, 33, 3>>);
  static_assert(std::is_same_v<decltype(turned)::shape_type, shape<33, 3, batch, 17>>);
  for (dim_t n = 0; n < 5; ++n)
    for (dim_t c = 0; c < 3; ++c)
      for (dim_t h = 0; h < 17; ++h)
        for (dim_t w = 0; w < 33; ++w) {
          const float value = x[((n * 3 + c) * 17 + h) * 33 + w];
          ASSERT_EQ(nhwc[((n * 17 + h) * 33 + w) * 3 + c], value);
          ASSERT_EQ(turned[((w * 3 + c) * 5 + n) * 17 + h], value);
          ASSERT_EQ(outer[((c * 5 + n) * 17 + h) * 33 + w], value);
        }
}

TEST(permute, five_axes_and_other_element_types) {
  tensor<std::int32_t, shape<2, 3, 4, 5, 6>> x;
  for (dim_t i = 0; i < x.size(); ++i) x[i] = static_cast<std::int32_t>(i);
  inference<> ctx;
  const auto y = permute<4, 2, 0, 3, 1>(ctx, x);
  for (dim_t i = 0; i < y.size(); ++i) {
    const dim_t b = i % 3, d = i / 3 % 5, a = i / 15 % 2, c = i / 30 % 4, e = i / 120;
    ASSERT_EQ(y[i], (((a * 3 + b) * 4 + c) * 5 + d) * 6 + e);
  }
  tensor<bfloat16, shape<40, 50>> small;
  for (dim_t i = 0; i < small.size(); ++i) small[i] = static_cast<bfloat16>(static_cast<float>(i % 251));
  const auto t = transpose(ctx, small);
  for (dim_t i = 0; i < 40; ++i)
    for (dim_t j = 0; j < 50; ++j) ASSERT_EQ(static_cast<float>(t[j * 40 + i]), static_cast<float>(small[i * 50 + j]));
}

TEST(transpose, whole_tiles_and_edges) {
  for (const dim_t n : {1, 15, 16, 48, 77, 257}) {
    const auto x = uniform<double>(shape<batch, rows, 50>{2, n}, -1, 1, 1);
    inference<> ctx;
    const auto y = transpose(ctx, x);
    static_assert(std::is_same_v<decltype(y)::shape_type, shape<batch, 50, rows>>);
    for (dim_t b = 0; b < 2; ++b)
      for (dim_t i = 0; i < n; ++i)
        for (dim_t j = 0; j < 50; ++j) ASSERT_EQ(y[(b * 50 + j) * n + i], x[(b * n + i) * 50 + j]);
  }
}
