// The tests of all operations that exist on a GPU; compiled by nvcc for the real one and by g++ for the emulated one.
#pragma once
#include "compare.hpp"  // compare
#include "model.hpp"    // train

namespace clipt::test {

using matrix_shape = shape<batch, columns>;

/// An operation over [batch, columns] at all widths from `least` on, and over no rows at all. Where a row of one number
/// has a gradient that is 0 but for rounding, `least` leaves it out.
template <class F>
void compare_rows(const F& f, dim_t samples = 5, dim_t least = 1) {
  for (const dim_t width : widths)
    if (width >= least) compare(f, matrix_shape(samples, width));
  compare(f, matrix_shape(0, 33));
}

TEST(device, softmax) {
  compare_rows([](auto& ctx, const auto& x) { return softmax(ctx, x); });
  compare([](auto& ctx, const auto& x) { return softmax(ctx, x); }, shape<3, 2, 50>{});
}
TEST(device, softmax_of_a_statement_with_broadcast_leaves) {
  const auto f = [](auto& ctx, const auto& x, const auto& bias, const auto& scale) { return softmax(ctx, x * scale + bias); };
  for (const dim_t width : widths) compare(f, matrix_shape(70, width), shape<columns>(width), shape<>{});
}
TEST(device, causal_softmax) {
  compare([](auto& ctx, const auto& x) { return softmax(ctx, 0.5 * x + causal); }, shape<3, 17, 17>{});
}
TEST(device, log_softmax) {
  compare_rows([](auto& ctx, const auto& x) { return log_softmax(ctx, x); });
}
TEST(device, log_sum_exp) {
  compare_rows([](auto& ctx, const auto& x) { return log_sum_exp(ctx, x); });
}
TEST(device, l2_normalize) {
  compare_rows([](auto& ctx, const auto& x) { return l2_normalize(ctx, x); }, 5, 7);
}
TEST(device, row_sum_and_mean) {
  compare_rows([](auto& ctx, const auto& x) { return row_sum(ctx, square(x)); });
  compare_rows([](auto& ctx, const auto& x) { return row_mean(ctx, square(x)); });
}
TEST(device, row_max) {
  compare_rows([](auto& ctx, const auto& x) { return row_max(ctx, x); });
}
TEST(device, row_argmax) {
  for (const dim_t width : widths) {
    recording<cuda> ctx;
    recording<> host;
    const auto x = random_tensor<float>(ctx, matrix_shape(9, width), 0);
    const auto same = random_tensor<float>(host, matrix_shape(9, width), 0);
    EXPECT_EQ(on_host(ctx, row_argmax(ctx, x)), on_host(host, row_argmax(host, same)));
  }
}
TEST(device, rms_norm) {
  const auto f = [](auto& ctx, const auto& x, const auto& weight) { return rms_norm(ctx, x, weight); };
  for (const dim_t width : widths)
    if (width > 1) compare(f, matrix_shape(7, width), shape<columns>(width));
}
TEST(device, layer_norm) {
  const auto f = [](auto& ctx, const auto& x, const auto& weight, const auto& bias) { return layer_norm(ctx, x, weight, bias); };
  for (const dim_t width : widths)
    if (width > 1) compare(f, matrix_shape(41, width), shape<columns>(width), shape<columns>(width));
  compare(f, matrix_shape(0, 33), shape<columns>(33), shape<columns>(33));
  compare(f, shape<2, 3, 48>{}, shape<48>{}, shape<48>{});
}
TEST(device, layer_norm_of_a_sum) {
  const auto f = [](auto& ctx, const auto& x, const auto& y, const auto& weight, const auto& bias) { return layer_norm(ctx, x + y, weight, bias); };
  compare(f, shape<batch, 77>(6), shape<77>{}, shape<77>{}, shape<77>{});
}
TEST(device, cross_entropy) {
  const auto f = [](auto& ctx, const auto& logits) {
    using Device = typename std::remove_cvref_t<decltype(ctx)>::device;
    const dim_t samples = logits.shape.extent(0);
    tensor<std::int32_t, shape<batch>> host(samples);
    for (dim_t i = 0; i < samples; ++i) host[i] = static_cast<std::int32_t>(i * 3 % logits.shape.extent(1));
    static tensor<std::int32_t, shape<batch>, Device> labels(0);
    labels = tensor<std::int32_t, shape<batch>, Device>(samples);
    copy(ctx, host, labels);
    return cross_entropy(ctx, 2 * logits, labels);
  };
  for (const dim_t width : widths)
    if (width > 1) compare(f, matrix_shape(11, width));
  compare(f, matrix_shape(0, 33));
}
TEST(device, a_wrong_label_gives_no_number) {
  recording<cuda> ctx;
  const auto logits = random_tensor<float>(ctx, shape<3, 5>{}, 0);
  tensor<std::int32_t, shape<3>> host({}, {4, 5, -1});
  tensor<std::int32_t, shape<3>, cuda> labels;
  copy(ctx, host, labels);
  const auto losses = on_host(ctx, static_cast<view<const float, shape<3>, cuda>>(cross_entropy(ctx, logits, labels)));
  EXPECT_TRUE(std::isfinite(losses[0]));
  EXPECT_TRUE(std::isnan(losses[1]));
  EXPECT_TRUE(std::isnan(losses[2]));
}
TEST(device, sum_and_mean) {
  compare_rows([](auto& ctx, const auto& x) { return sum(ctx, square(x)); }, 300);
  compare_rows([](auto& ctx, const auto& x) { return mean(ctx, x * x * x + 1); });
}
TEST(device, column_sum) {
  compare_rows([](auto& ctx, const auto& x) { return column_sum(ctx, square(x)); }, 130);
}

TEST(device, elementwise) {
  compare_rows([](auto& ctx, const auto& x) { return eval(ctx, quick_gelu(x) * tanh(x) - gelu(x) / (2 + square(x))); }, 40);
  compare_rows([](auto& ctx, const auto& x) { return eval(ctx, where(x < 0.5, x * x, exp(-x)) + softplus(x)); });
}
TEST(device, a_leaf_twice_and_a_gradient_added_to) {
  compare_rows([](auto& ctx, const auto& x) {
    const auto y = eval(ctx, x * x + x);
    return eval(ctx, y * x - y);
  });
}
TEST(device, broadcast_over_rows) {
  const auto f = [](auto& ctx, const auto& x, const auto& bias) { return eval(ctx, quick_gelu(x + bias) * bias); };
  for (const dim_t width : widths) compare(f, matrix_shape(90, width), shape<columns>(width));
  compare(f, matrix_shape(0, 33), shape<columns>(33));
}
TEST(device, broadcast_of_a_scalar) {
  const auto f = [](auto& ctx, const auto& x, const auto& scale) { return eval(ctx, x * scale + tanh(scale)); };
  for (const dim_t width : widths) compare(f, matrix_shape(90, width), shape<>{});
}
TEST(device, broadcast_over_columns) {
  const auto f = [](auto& ctx, const auto& x, const auto& mean, const auto& bias) { return eval(ctx, (x - mean) * bias); };
  for (const dim_t width : widths) compare(f, matrix_shape(12, width), shape<batch, 1>(12), shape<columns>(width));
}
TEST(device, broadcast_of_inner_axes) {
  const auto f = [](auto& ctx, const auto& x, const auto& y, const auto& z) { return eval(ctx, x * y + x * z + y); };
  compare(f, shape<6, 5, 7>{}, shape<6, 1, 7>{}, shape<5, 1>{});
  compare(f, shape<2, 3, 4, 33>{}, shape<3, 1, 33>{}, shape<2, 1, 1, 1>{});
}
TEST(device, dropout_is_the_same_on_every_device) {
  compare_rows([](auto& ctx, const auto& x) { return eval(ctx, dropout(x, 0.3f, random_stream{5})); });
}

TEST(device, products) {
  compare([](auto& ctx, const auto& a, const auto& b) { return matmul(ctx, a, b); }, shape<batch, 7>(5), shape<7, 3>{});
  compare([](auto& ctx, const auto& a, const auto& b) { return matmul(ctx, a, b); }, shape<2, 5, 7>{}, shape<2, 7, 3>{});
  compare([](auto& ctx, const auto& a, const auto& b) { return matmul_nt(ctx, a, b); }, shape<2, 5, 7>{}, shape<2, 3, 7>{});
  compare([](auto& ctx, const auto& a, const auto& b) { return matmul_tn(ctx, a, b); }, shape<2, 7, 5>{}, shape<2, 7, 3>{});
  compare([](auto& ctx, const auto& a, const auto& b) { return matmul_nt(ctx, a, b); }, shape<batch, 7>(0), shape<3, 7>{});
}
TEST(device, affine) {
  const auto f = [](auto& ctx, const auto& x, const auto& weight, const auto& bias) { return affine(ctx, quick_gelu(x), weight, bias); };
  compare(f, shape<batch, 33>(19), shape<77, 33>{}, shape<77>{});
  compare(f, shape<4, 3, 7>{}, shape<5, 7>{}, shape<5>{});
  compare(f, shape<batch, 33>(0), shape<77, 33>{}, shape<77>{});
}

TEST(device, training) {
  const auto got = train<float, cuda, 33, 77, 10>(19, 6), expected = train<double, cpu, 33, 77, 10>(19, 6);
  EXPECT_LT(relative_error(got.losses, expected.losses), 1e-6);
  EXPECT_LT(relative_error(got.parameters, expected.parameters), 1e-5);
  EXPECT_LT(got.losses.back(), 0.5 * got.losses.front());
  const second_run again;
  const auto repeated = train<float, cuda, 33, 77, 10>(19, 6);
  EXPECT_EQ(got.losses, repeated.losses);
  EXPECT_EQ(got.parameters, repeated.parameters);
}

TEST(device, checkpoint_gives_the_same_bits) {
  const auto block = [](auto& ctx, const auto& x) { return softmax(ctx, square(eval(ctx, tanh(x)))); };
  const auto plain = [&](auto& ctx, const auto& x) { return block(ctx, x); };
  const auto again = [&](auto& ctx, const auto& x) { return checkpoint(ctx, [block](auto& c, const auto& y) { return block(c, y); }, x); };
  EXPECT_EQ((run<float, cuda>(plain, matrix_shape(4, 77))), (run<float, cuda>(again, matrix_shape(4, 77))));
}

TEST(device, copies_and_items) {
  recording<cuda> ctx;
  tensor<float, shape<2, 3>> host({}, {1, 2, 3, 4, 5, 6}), back;
  tensor<float, shape<2, 3>, cuda> there;
  copy(ctx, host, there);
  const auto another = there;  // the elements, not the address
  copy(ctx, tensor<float, shape<2, 3>>{}, there);
  copy(ctx, another, back);
  EXPECT_TRUE(std::equal(host.begin(), host.end(), back.begin()));
  EXPECT_EQ(item(ctx, sum(ctx, another)), 21.0f);
  tensor<float, shape<batch, 3>, cuda> other(2);
  tensor<float, shape<batch, 3>> wrong(3);
  EXPECT_THROW(copy(ctx, wrong, other), shape_error);
}

}  // namespace clipt::test
