// Run-time sentences: the words of the compile-time ones, with the numbers that only a run knows.
#include <gtest/gtest.h>
#include <array>
#include <cmath>  // HUGE_VALF, isnan

#include <clipt/clip/objective.hpp>    // contrastive_loss
#include <clipt/nn/attention.hpp>      // self_attention
#include <clipt/nn/batch_norm.hpp>     // batch_norm
#include <clipt/nn/convolution.hpp>    // conv2d
#include <clipt/nn/copy.hpp>           // copy
#include <clipt/nn/cross_entropy.hpp>  // cross_entropy
#include <clipt/nn/gather.hpp>         // gather
#include <clipt/nn/layer_norm.hpp>     // layer_norm
#include <clipt/nn/products.hpp>       // matmul
#include <clipt/nn/reshaping.hpp>      // reshape, slice, concat

namespace clipt {
namespace {

/// What `f` throws as a shape_error.
template <class F>
std::string sentence(F f) {
  try {
    f();
  } catch (const shape_error& e) {
    return e.what();
  }
  return "nothing is thrown";
}

template <dim_t... E>
using array = tensor<float, shape<E...>>;
using ids_array = tensor<std::int32_t, shape<batch>>;

TEST(error_texts, rows_of_nothing) {
  inference<> ctx;
  const array<batch, classes> x(3, 0), none(0, 0);
  const std::string why = ": [batch=3, classes=0]: a row of nothing has no largest element: give at least one column";
  EXPECT_EQ(sentence([&] { row_max(ctx, x); }), "clipt::row_max" + why);
  EXPECT_EQ(sentence([&] { row_argmax(ctx, x); }), "clipt::row_argmax" + why);
  EXPECT_EQ(row_max(ctx, none).size(), 0);
  EXPECT_EQ(softmax(ctx, x).size(), 0);
  EXPECT_EQ(row_sum(ctx, x)[2], 0);
  EXPECT_EQ(log_sum_exp(ctx, x)[2], -HUGE_VALF);
  EXPECT_TRUE(std::isnan(row_mean(ctx, x)[0])) << "as PyTorch's";
}

// A query of a sequence without keys gets 0, as in PyTorch, and so do the gradients.
TEST(attention, of_no_keys_is_zero) {
  recording<> ctx;
  const tensor<float, shape<tokens, 4>> q(3), k(2);
  const std::int32_t queries[] = {0, 2, 3}, keys[] = {0, 0, 2};
  const auto x = ctx.variable(q), y = ctx.variable(k), z = ctx.variable(k);
  const auto out = cross_attention<1>(ctx, x, y, z, sequence_rows{queries, 2, 0}, sequence_rows{keys, 2, 0});
  for (const float value : out) EXPECT_EQ(value, 0);
  ctx.backward(sum(ctx, out));
  for (const float value : ctx.gradient_of(x)) EXPECT_EQ(value, 0);
  for (const float value : ctx.gradient_of(z)) EXPECT_EQ(value, 0.5f);
}

TEST(error_texts, elementwise) {
  inference<> ctx;
  const array<batch, 512> a(256), b(255);
  EXPECT_EQ(sentence([&] { eval(ctx, a + b); }),
            "clipt::add: [batch=256, 512] and [batch=255, 512]: the two batch differ (256 and 255)");
  EXPECT_EQ(sentence([&] { eval(ctx, exp(a) * b); }),
            "clipt::multiply: [batch=256, 512] and [batch=255, 512]: the two batch differ (256 and 255)");
}

TEST(error_texts, products) {
  inference<> ctx;
  const array<batch, rows> x(256, 512);
  const array<rows, 49408> table(768);
  EXPECT_EQ(sentence([&] { matmul(ctx, x, table); }),
            "clipt::matmul: lhs [batch=256, rows=512] x rhs [rows=768, 49408]: the two K differ (512 and 768)");
  const array<batch, rows> y(3, 7);
  EXPECT_EQ(sentence([&] { matmul_nt(ctx, x, y); }),
            "clipt::matmul_nt: lhs [batch=256, rows=512] x rhs [batch=3, rows=7]: the two K differ (512 and 7)");
  EXPECT_EQ(sentence([&] { matmul_tn(ctx, x, y); }),
            "clipt::matmul_tn: lhs [batch=256, rows=512] x rhs [batch=3, rows=7]: the two K differ (256 and 3)");
  const array<batch, 5, 6> many(4);
  const array<batch, 6, 5> few(3);
  EXPECT_EQ(sentence([&] { matmul(ctx, many, few); }),
            "clipt::matmul: lhs [batch=4, 5, 6] x rhs [batch=3, 6, 5]: the leading extents differ");
}

TEST(error_texts, labels_and_ids) {
  inference<> ctx;
  const array<batch, 10> logits(4);
  const ids_array labels(3);
  EXPECT_EQ(sentence([&] { cross_entropy(ctx, logits, labels); }),
            "clipt::cross_entropy: logits [batch=4, 10], labels [batch=3]: the leading extents differ");
  ids_array ids(2);
  ids[1] = 12;
  const array<10, 8> table;
  EXPECT_EQ(sentence([&] { gather(ctx, table, ids); }),
            "clipt::gather: id 12 at position 1 is outside [0, 10), the rows of the table");
}

TEST(error_texts, shapes) {
  inference<> ctx;
  const array<batch, 6> x(4);
  EXPECT_EQ(sentence([&] { reshape(x, shape<rows, 5>(4)); }),
            "clipt::reshape: [batch=4, 6] and [rows=4, 5]: both shapes have the same number of elements: they differ "
            "(24 and 20)");
  EXPECT_EQ(sentence([&] { slice<0, 2, 3>(ctx, x); }),
            "clipt::slice: [batch=4, 6]: [2, 5) lies within axis 0: it does not");
  const array<batch, 5> y(3);
  EXPECT_EQ(sentence([&] { concat<1>(ctx, x, y); }),
            "clipt::concat: [batch=4, 6] and [batch=3, 5]: all extents but that of the axis are equal: two differ");
  EXPECT_EQ(sentence([&] {
              tensor<float, shape<2, 2>>({}, {1, 2, 3});
            }),
            "clipt::tensor: [2, 2] has 4 elements, 3 are given");
  array<batch, 6> z(5);
  EXPECT_EQ(sentence([&] { copy(ctx, x, z); }), "clipt::copy: from [batch=4, 6] to [batch=5, 6]: the extents differ");
}

TEST(error_texts, widths_of_layers) {
  inference<> ctx;
  const array<2, columns> x(8);
  const array<columns> four(4), eight(8);
  EXPECT_EQ(sentence([&] { layer_norm(ctx, x, four, eight); }),
            "clipt::layer_norm: x [2, columns=8], weight [columns=4]: the two widths differ");
  EXPECT_EQ(sentence([&] { layer_norm(ctx, x, eight, four); }),
            "clipt::layer_norm: x [2, columns=8], bias [columns=4]: the two widths differ");
  const array<3, columns> narrow(4);
  const array<rows, columns> weight(3, 8);
  const array<3> three;
  const array<rows> two(2);
  EXPECT_EQ(sentence([&] { affine(ctx, x, narrow, three); }),
            "clipt::affine: x [2, columns=8], weight [3, columns=4]: the two in differ");
  EXPECT_EQ(sentence([&] { affine(ctx, x, weight, two); }),
            "clipt::affine: bias [rows=2], weight [rows=3, columns=8]: the two out differ");
  const array<2, 5, columns> samples(8);
  EXPECT_EQ(sentence([&] { prepend_token(ctx, four, samples); }),
            "clipt::prepend_token: token [columns=4], x [2, 5, columns=8]: the two widths differ");
}

TEST(error_texts, layers) {
  inference<> ctx;
  const array<batch, 4, 4, columns> pictures(2, 5);
  const array<8, columns, 3, 3> filters(7);
  EXPECT_EQ(sentence([&] { conv2d<1, 1>(ctx, pictures, filters); }),
            "clipt::conv2d: x [batch=2, 4, 4, columns=5], weight [8, columns=7, 3, 3]: the two in differ");
  const array<columns> five(5), seven(7);
  array<columns> mean(5), variance(5);
  EXPECT_EQ(sentence([&] { batch_norm(ctx, pictures, five, seven, mean, variance); }),
            "clipt::batch_norm: x [batch=2, 4, 4, columns=5]: weight, bias and running statistics are [5]: one of them "
            "differs");
  const array<tokens, 24> qkv(9);
  const std::int32_t offsets_of_eight[] = {0, 3, 8};
  const view<const std::int32_t, shape<offsets>> to_eight{offsets_of_eight, shape<offsets>(3)};
  EXPECT_EQ(sentence([&] { detail::rows_of(as_expression(qkv), to_eight); }),
            "clipt::attention: offsets run from 0 to the number of tokens, 9: they do not");
  const auto sequences_of = [&](sequence_rows rows) {
    return sentence([&] { self_attention<2>(ctx, qkv, rows, attention_mask::none); });
  };
  const std::string remedy = ": give sequences that hold each of its 9 rows once";
  EXPECT_EQ(sequences_of({nullptr, 3, 3}), "nothing is thrown");
  EXPECT_EQ(sequences_of({nullptr, 2, 4}), "clipt::self_attention: 2 sequences of 4 rows are not qkv" + remedy);
  EXPECT_EQ(sequences_of({nullptr, 1, 64}), "clipt::self_attention: 1 sequences of 64 rows are not qkv" + remedy);
  EXPECT_EQ(sequences_of({nullptr, dim_t{1} << 62, 4}),
            "clipt::self_attention: 4611686018427387904 sequences of 4 rows are not qkv" + remedy);
  EXPECT_EQ(sequences_of({nullptr, -3, -3}), "clipt::self_attention: a negative number of sequences of qkv" + remedy);
  const auto offset = [&](int i, int value) {
    return "clipt::self_attention: offset " + std::to_string(i) + " of qkv is " + std::to_string(value) +
           ", offsets rise from 0 to the number of rows" + remedy;
  };
  const auto ends_at = [&](std::array<std::int32_t, 4> ends) { return sequences_of({ends.data(), 3, 0}); };
  EXPECT_EQ(ends_at({0, 3, 3, 9}), "nothing is thrown");
  EXPECT_EQ(ends_at({0, 3, 2, 9}), offset(2, 2));
  EXPECT_EQ(ends_at({1, 3, 4, 9}), offset(0, 1));
  EXPECT_EQ(ends_at({-4, 3, 4, 9}), offset(0, -4));
  EXPECT_EQ(ends_at({0, 3, 4, 8}), offset(3, 8));
  EXPECT_EQ(ends_at({0, 3, 40, 9}), offset(3, 9));
  EXPECT_EQ(ends_at({0, 3, 4, 10}), offset(3, 10));

  const array<tokens, 4> q(4), k(64), v(2);
  const auto crossing = [&](const auto& values, sequence_rows queries, sequence_rows keys) {
    return sentence([&] { cross_attention<1>(ctx, q, k, values, queries, keys); });
  };
  EXPECT_EQ(crossing(k, {nullptr, 1, 4}, {nullptr, 1, 64}), "nothing is thrown");
  EXPECT_EQ(
      crossing(k, {nullptr, 1, 2}, {nullptr, 1, 64}),
      "clipt::cross_attention: 1 sequences of 2 rows are not q: give sequences that hold each of its 4 rows once");
  EXPECT_EQ(
      crossing(v, {nullptr, 1, 4}, {nullptr, 1, 64}),
      "clipt::cross_attention: 1 sequences of 64 rows are not v: give sequences that hold each of its 2 rows once");
  EXPECT_EQ(crossing(k, {nullptr, 2, 2}, {nullptr, 1, 64}),
            "clipt::cross_attention: 2 sequences of q, 1 of k and v: give as many of both");
  const array<batch, 16> images(4), texts(3);
  const array<> scale;
  EXPECT_EQ(
      sentence([&] { contrastive_loss(ctx, images, texts, scale); }),
      "clipt::contrastive_loss: images [batch=4, 16], texts [batch=3, 16]: one text per picture: the numbers differ");
}

}  // namespace
}  // namespace clipt
