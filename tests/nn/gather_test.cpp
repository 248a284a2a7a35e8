#include <gtest/gtest.h>
#include <algorithm>
#include <vector>

#include <clipt/expr/operators.hpp>
#include <clipt/nn/gather.hpp>
#include <clipt/nn/indexing.hpp>
#include "gradients/op_case.hpp"

using namespace clipt;
using clipt_test::uniform;

TEST(gather, takes_rows_in_the_order_of_the_ids) {
  const auto table = uniform<float>(shape<rows, 77>{11}, -1, 1, 1);
  const tensor<std::int32_t, shape<batch, 3>> ids(shape<batch, 3>(2), {0, 10, 3, 3, 3, 1});
  inference<> ctx;
  const auto y = gather(ctx, table, ids);
  static_assert(std::is_same_v<decltype(y)::shape_type, shape<batch, 3, 77>>);
  for (dim_t i = 0; i < 6; ++i)
    for (dim_t c = 0; c < 77; ++c) ASSERT_EQ(y[i * 77 + c], table[ids[i] * 77 + c]);
}

TEST(gather, the_gradient_of_a_row_is_the_sum_over_its_occurrences) {
  parameter<fp32, 50, 130> table;
  tensor<std::int32_t, shape<tokens>> ids(400);
  for (dim_t i = 0; i < 400; ++i)
    ids[i] = static_cast<std::int32_t>(random_stream{3}.below(static_cast<std::uint64_t>(i), 40));
  const auto g = uniform<float>(shape<tokens, 130>{400}, -1, 1, 2);
  recording<> ctx;
  ctx.backward(gather(ctx, table, ids), g.view());
  std::vector<double> expected(50 * 130);
  for (dim_t i = 0; i < 400; ++i)
    for (dim_t c = 0; c < 130; ++c) expected[static_cast<std::size_t>(ids[i] * 130 + c)] += g[i * 130 + c];
  for (dim_t i = 0; i < 50 * 130; ++i)
    ASSERT_NEAR(table.gradient_data()[i], expected[static_cast<std::size_t>(i)], 1e-5);
}

TEST(gather, sums_of_16_bits_are_rounded_once) {
  const tensor<bfloat16, shape<2, 3>> x;
  const tensor<std::int32_t, shape<rows>> ids(shape<rows>(1000));  // the first row, 1000 times
  tensor<bfloat16, shape<rows, 3>> ones(1000);
  std::fill(ones.begin(), ones.end(), bfloat16(1));
  inference<> ctx;
  const auto y = scatter_add<0>(ctx, x, ids, ones);
  EXPECT_EQ(static_cast<float>(y(0, 2)), 1000);  // added one by one in bfloat16 they would stay at 256
  EXPECT_EQ(static_cast<float>(y(1, 2)), 0);
}

TEST(gather, rows_that_no_id_names_get_zero_in_each_step) {
  parameter<fp32, 5, 3> table;
  const tensor<std::int32_t, shape<1>> first({}, {1}), second({}, {4});
  const auto g = uniform<float>(shape<1, 3>{}, 1, 2, 2);
  recording<> ctx;
  ctx.backward(gather(ctx, table, first), g.view());
  ctx.reset();
  table.gradient().clear();
  ctx.backward(gather(ctx, table, second), g.view());
  for (dim_t i = 0; i < 15; ++i) EXPECT_EQ(table.gradient_data()[i], i < 12 ? 0 : g[i - 12]);
}

TEST(gather, pools_tokens_by_index) {
  const auto x = uniform<float>(shape<tokens, 8>{20}, -1, 1, 1);
  const tensor<std::int32_t, shape<sequences>> last(shape<sequences>(3), {4, 12, 19});
  inference<> ctx;
  const auto pooled = gather(ctx, x, last);
  static_assert(std::is_same_v<decltype(pooled)::shape_type, shape<sequences, 8>>);
  EXPECT_EQ(pooled[8], x[12 * 8]);
}

TEST(gather, takes_ids_of_64_bits_cast) {
  const auto x = uniform<float>(shape<6, 8>{}, -1, 1, 1);
  const tensor<std::int64_t, shape<2>> ids({}, {5, 1});
  inference<> ctx;
  const auto chosen = gather(ctx, x, cast<std::int32_t>(ids));
  EXPECT_EQ(chosen[0], x[5 * 8]);
  EXPECT_EQ(chosen[8], x[1 * 8]);
}

TEST(gather, refuses_ids_outside_the_table) {
  const tensor<float, shape<5, 3>> table;
  inference<> ctx;
  for (const std::int32_t id : {-1, 5}) {
    const tensor<std::int32_t, shape<2>> ids({}, {0, id});
    EXPECT_THROW(gather(ctx, table, ids), shape_error);
  }
}
