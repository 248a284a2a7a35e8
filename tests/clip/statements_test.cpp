// Every operand of an operation may be a statement: values and gradients are those of the array that it equals.
#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include <clipt/clip/objective.hpp>
#include <clipt/nn/attention.hpp>
#include <clipt/nn/conv2d_batch_norm.hpp>
#include <clipt/nn/gather.hpp>
#include <clipt/nn/layer_norm.hpp>
#include <clipt/nn/patchify.hpp>
#include <clipt/nn/permute.hpp>
#include <clipt/nn/pooling.hpp>
#include <clipt/nn/products.hpp>
#include <clipt/nn/reductions.hpp>
#include <clipt/nn/reshaping.hpp>
#include <clipt/nn/rows.hpp>
#include "gradients/op_case.hpp"

namespace {

using namespace clipt;
using clipt_test::uniform;

/// What `f(ctx, x...)` gives for arrays and for statements that equal them.
template <class F, class... X>
void expect_the_same(F f, const X&... x) {
  recording<> plain, written;
  const std::tuple leaves(plain.variable(x)...), others(written.variable(x)...);
  const auto of_leaves = std::apply([&](const auto&... v) { return sum(plain, square(f(plain, v...))); }, leaves);
  const auto of_statements =
      std::apply([&](const auto&... v) { return sum(written, square(f(written, (2 * v - v)...))); }, others);
  EXPECT_EQ(of_leaves[0], of_statements[0]);
  plain.backward(of_leaves);
  written.backward(of_statements);
  const auto compare = [&](const auto& leaf, const auto& other) {
    const auto expected = plain.gradient_of(leaf), gradient = written.gradient_of(other);
    for (dim_t i = 0; i < expected.size(); ++i)
      ASSERT_NEAR(gradient[i], expected[i], 1e-4 * (1 + std::abs(expected[i])));
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) { (compare(std::get<I>(leaves), std::get<I>(others)), ...); }
  (std::index_sequence_for<X...>{});
  inference<> ctx;
  EXPECT_NEAR(sum(ctx, square(f(ctx, (2 * x - x)...)))[0], of_leaves[0], 1e-4 * std::abs(of_leaves[0]));
}

const auto x = uniform<float>(shape<batch, 6>{4}, -1, 1, 1), y = uniform<float>(shape<batch, 6>{4}, -1, 1, 2);
const auto gain = uniform<float>(shape<6>{}, 0.5, 1.5, 3), shift = uniform<float>(shape<6>{}, -1, 1, 4);
const auto pictures = uniform<float>(shape<batch, 5, 5, 3>{2}, -1, 1, 5);
const auto filters = uniform<float>(shape<6, 3, 3, 3>{}, -1, 1, 6);

TEST(statements, as_operands_of_products_and_rows) {
  const auto matrix = uniform<float>(shape<5, 6>{}, -1, 1, 7);
  const auto bias = uniform<float>(shape<5>{}, -1, 1, 8);
  expect_the_same([](auto& ctx, const auto&... v) { return affine(ctx, v...); }, x, matrix, bias);
  expect_the_same([](auto& ctx, const auto&... v) { return matmul_nt(ctx, v...); }, x, matrix);
  expect_the_same([](auto& ctx, const auto&... v) { return layer_norm(ctx, v...); }, x, gain, shift);
  expect_the_same([](auto& ctx, const auto&... v) { return rms_norm(ctx, v...); }, x, gain);
  expect_the_same([](auto& ctx, const auto& v) { return column_sum(ctx, v); }, x);
  const auto log_scale = uniform<float>(shape<>{}, 0, 1, 9);
  expect_the_same([](auto& ctx, const auto&... v) { return contrastive_loss(ctx, v...); }, x, y, log_scale);
}

TEST(statements, as_operands_of_what_works_on_pictures) {
  tensor<float, shape<6>> mean, variance;
  std::fill(variance.begin(), variance.end(), 1.0f);
  expect_the_same([&](auto& ctx, const auto&... v) { return batch_norm(ctx, v..., mean, variance); }, x, gain, shift);
  expect_the_same([](auto& ctx, const auto&... v) { return conv2d<1, 1>(ctx, v...); }, pictures, filters);
  expect_the_same([](auto& ctx, const auto& v) { return avg_pool2d<2>(ctx, v); }, pictures);
  expect_the_same([&](auto& ctx, const auto&... v) { return conv2d_batch_norm<1, 1>(ctx, v..., mean, variance); },
                  pictures, filters, gain, shift);
}

TEST(statements, as_operands_of_attention) {
  const auto q = uniform<float>(shape<batch, 7, 8>{2}, -1, 1, 5), k = uniform<float>(shape<batch, 7, 8>{2}, -1, 1, 6);
  const sequence_rows sequences{nullptr, 2, 7};
  expect_the_same([&](auto& ctx, const auto&... v) { return cross_attention<2>(ctx, v..., sequences, sequences); }, q,
                  k, q);
  const auto qkv = uniform<float>(shape<batch, 7, 24>{2}, -1, 1, 7);
  expect_the_same([](auto& ctx, const auto& v) { return self_attention<2>(ctx, v); }, qkv);
}

TEST(statements, as_operands_of_what_moves_elements) {
  const auto tokens = uniform<float>(shape<batch, 3, 6>{4}, -1, 1, 5);
  const tensor<std::int32_t, shape<3>> ids{{}, {1, 2, 3}};
  const auto table = uniform<float>(shape<5, 6>{}, -1, 1, 6);
  expect_the_same([](auto& ctx, const auto&... v) { return prepend_token(ctx, v...); }, gain, tokens);
  expect_the_same([&](auto& ctx, const auto& v) { return gather(ctx, v, ids); }, table);
  expect_the_same([](auto& ctx, const auto& v) { return patchify<1>(ctx, v); }, pictures);
  expect_the_same([](auto& ctx, const auto&... v) { return concat<1>(ctx, v...); }, x, y);
  expect_the_same([](auto& ctx, const auto& v) { return permute<1, 0>(ctx, v); }, table);
}

}  // namespace
