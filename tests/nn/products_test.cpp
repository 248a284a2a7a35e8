#include <gtest/gtest.h>
#include <string>

#include <clipt/expr/operators.hpp>
#include <clipt/nn/products.hpp>
#include "gradients/op_case.hpp"

using namespace clipt;
using clipt_test::uniform;

TEST(products, matrices_of_odd_sizes) {
  for (const dim_t k : {1, 7, 50, 77, 257}) {
    const dim_t m = 33;
    const auto a = uniform<float>(shape<batch, columns>{m, k}, -1, 1, 1),
               at = uniform<float>(shape<batch, columns>{k, m}, -1, 1, 4);
    const auto b = uniform<float>(shape<columns, 19>{k}, -1, 1, 2);
    const auto bt = uniform<float>(shape<19, columns>{k}, -1, 1, 3);
    const auto bk = uniform<float>(shape<batch, 19>{k}, -1, 1, 2);
    inference<> ctx;
    const auto nn = matmul(ctx, a, b);
    const auto nt = matmul_nt(ctx, a, bt);
    const auto tn = matmul_tn(ctx, at, bk);
    for (dim_t i = 0; i < m; ++i)
      for (dim_t j = 0; j < 19; ++j) {
        double c0 = 0, c1 = 0, c2 = 0;
        for (dim_t x = 0; x < k; ++x) {
          c0 += double(a[i * k + x]) * b[x * 19 + j];
          c1 += double(a[i * k + x]) * bt[j * k + x];
          c2 += double(at[x * m + i]) * bk[x * 19 + j];
        }
        ASSERT_NEAR(nn[i * 19 + j], c0, 2e-5);
        ASSERT_NEAR(nt[i * 19 + j], c1, 2e-5);
        ASSERT_NEAR(tn[i * 19 + j], c2, 2e-5);
      }
  }
}

TEST(products, result_shapes_keep_names) {
  inference<> ctx;
  const tensor<float, shape<batch, 512>> a(3);
  static_assert(std::is_same_v<decltype(matmul_nt(ctx, a, a))::shape_type, shape<batch, batch>>);
  static_assert(std::is_same_v<decltype(matmul_tn(ctx, a, a))::shape_type, shape<512, 512>>);
  EXPECT_EQ(to_string(matmul_nt(ctx, a, a).shape()), "[batch=3, batch=3]");
}

TEST(products, batches_and_folded_rows) {
  const auto a = uniform<double>(shape<batch, 3, 5>{4}, -1, 1, 1);
  const auto b = uniform<double>(shape<batch, 5, 7>{4}, -1, 1, 2);
  const auto one = uniform<double>(shape<5, 7>{}, -1, 1, 3);
  inference<> ctx;
  const auto each = matmul(ctx, a, b);
  const auto all = matmul(ctx, a, one);
  for (dim_t n = 0; n < 4; ++n)
    for (dim_t i = 0; i < 3; ++i)
      for (dim_t j = 0; j < 7; ++j) {
        double c0 = 0, c1 = 0;
        for (dim_t k = 0; k < 5; ++k) {
          c0 += a[(n * 3 + i) * 5 + k] * b[(n * 5 + k) * 7 + j];
          c1 += a[(n * 3 + i) * 5 + k] * one[k * 7 + j];
        }
        ASSERT_NEAR(each[(n * 3 + i) * 7 + j], c0, 1e-14);
        ASSERT_NEAR(all[(n * 3 + i) * 7 + j], c1, 1e-14);
      }
}

TEST(products, affine_is_a_product_and_a_bias) {
  const auto x = uniform<float>(shape<batch, 3, 50>{4}, -1, 1, 1);
  const auto w = uniform<float>(shape<21, 50>{}, -1, 1, 2);
  const auto b = uniform<float>(shape<21>{}, -1, 1, 3);
  inference<> ctx;
  const auto y = affine(ctx, 2 * x, w, b);
  for (dim_t row = 0; row < 12; ++row)
    for (dim_t o = 0; o < 21; ++o) {
      double sum = b[o];
      for (dim_t k = 0; k < 50; ++k) sum += 2.0 * x[row * 50 + k] * w[o * 50 + k];
      ASSERT_NEAR(y[row * 21 + o], sum, 2e-5);
    }
}

TEST(products, runtime_extents_are_compared) {
  const tensor<float, shape<batch, columns>> a(2, 5);
  const tensor<float, shape<columns, 3>> b(4);
  inference<> ctx;
  try {
    matmul(ctx, a, b);
    FAIL();
  } catch (const shape_error& e) {
    EXPECT_STREQ(e.what(), "clipt::matmul: lhs [batch=2, columns=5] x rhs [columns=4, 3]: the two K differ (5 and 4)");
  }
}
