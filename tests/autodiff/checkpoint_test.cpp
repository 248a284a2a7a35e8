// A checkpointed part gives the bits of the plain call: results, gradients, random numbers, running statistics; groups of
// rows give those of all rows.
#include <gtest/gtest.h>
#include <cstring>
#include <vector>

#include <clipt/autodiff/checkpoint.hpp>
#include <clipt/expr/operators.hpp>
#include <clipt/nn/conv2d_batch_norm.hpp>
#include <clipt/nn/layer_norm.hpp>
#include <clipt/nn/products.hpp>
#include <clipt/nn/rows.hpp>
#include "gradients/op_case.hpp"

using namespace clipt;
using clipt_test::uniform;

namespace {

struct block {
  parameter<fp32, 40, 40> weight;
  parameter<fp32, 40> bias, gain, shift;
  mutable tensor<float, shape<40>> mean, variance;

  block() {
    const auto fill = [](auto& p, double low, double high, std::uint32_t stream) {
      const auto values = uniform<float>(typename std::remove_cvref_t<decltype(p)>::shape_type{}, low, high, stream);
      std::copy(values.begin(), values.end(), p.begin());
    };
    fill(weight, -0.2, 0.2, 1);
    fill(bias, -1, 1, 2);
    fill(gain, 0.5, 1.5, 3);
    fill(shift, -1, 1, 4);
  }

  auto operator()(auto& ctx, const auto& x) const {
    const auto y = affine(ctx, layer_norm(ctx, x, gain, shift), weight, bias);
    return eval(ctx, x + dropout(gelu(batch_norm(ctx, y, gain, shift, mean, variance)), 0.3f, random_stream{7, 2}));
  }
};

struct outcome {
  std::vector<float> numbers;
  std::size_t peak;
};

outcome run(bool checkpointed) {
  block b;
  const block* const part = &b;
  const auto x = uniform<float>(shape<batch, 40>{33}, -1, 1, 5), g = uniform<float>(shape<batch, 40>{33}, -1, 1, 6);
  recording<> ctx;
  ctx.settings.training = true;
  const auto call = [part](auto& c, const auto& v) { return (*part)(c, v); };
  const auto v = ctx.variable(x);
  if (checkpointed)
    ctx.backward(checkpoint(ctx, call, checkpoint(ctx, call, v)), g.view());
  else
    ctx.backward(call(ctx, call(ctx, v)), g.view());
  outcome result;
  const auto append = [&](const float* data, dim_t count) {
    result.numbers.insert(result.numbers.end(), data, data + count);
  };
  append(ctx.gradient_of(v).data(), v.size());
  append(b.weight.gradient_data(), b.weight.size());
  append(b.bias.gradient_data(), 40);
  append(b.gain.gradient_data(), 40);
  append(b.shift.gradient_data(), 40);
  append(b.mean.data(), 40);
  append(b.variance.data(), 40);
  result.peak = ctx.memory().values.peak();
  return result;
}

}  // namespace

TEST(checkpoint, equals_the_plain_call_bit_for_bit) {
  const auto plain = run(false), again = run(true);
  ASSERT_EQ(plain.numbers.size(), again.numbers.size());
  EXPECT_EQ(std::memcmp(plain.numbers.data(), again.numbers.data(), plain.numbers.size() * sizeof(float)), 0);
  EXPECT_LT(again.peak, plain.peak);
}

TEST(checkpoint, is_the_plain_call_in_inference) {
  const block b;
  const auto x = uniform<float>(shape<batch, 40>{3}, -1, 1, 5);
  inference<> ctx;
  const auto call = [part = &b](auto& c, const auto& v) { return (*part)(c, v); };
  const auto plain = call(ctx, x.view()), again = checkpoint(ctx, call, x.view());
  EXPECT_EQ(std::memcmp(plain.data(), again.data(), static_cast<std::size_t>(plain.size()) * sizeof(float)), 0);
}

TEST(checkpoint, takes_parts_that_return_statements_and_operands) {
  const auto x = uniform<float>(shape<5>{}, 1, 2, 5);
  recording<> ctx;
  const auto v = ctx.variable(x);
  const auto square = checkpoint(
      ctx, [](auto&, const auto& a) { return a * a; }, v);
  const auto same = checkpoint(
      ctx, [](auto&, const auto& a) { return a; }, square);
  ctx.backward(sum(ctx, same * v));
  for (dim_t i = 0; i < 5; ++i) EXPECT_NEAR(ctx.gradient_of(v)[i], 3 * x[i] * x[i], 1e-5);
}

TEST(in_groups, takes_an_f_that_returns_a_statement) {
  const auto x = uniform<float>(shape<batch, 40>{9}, -1, 1, 5);
  inference<> ctx;
  const auto doubled = in_groups(
      ctx, 4, [](auto&, const auto& group) { return 2 * group; }, x.view());
  const auto mark = ctx.memory().values.mark();
  const auto kept = keep_only(ctx, mark, x + doubled);
  for (dim_t i = 0; i < x.size(); ++i) ASSERT_EQ(kept[i], 3 * x[i]);
}

TEST(in_groups, gives_the_rows_of_the_whole_in_the_memory_of_a_group) {
  for (const dim_t count : {0, 1, 6, 7, 8, 23}) {
    const auto x = uniform<float>(shape<batch, 40>{count}, -1, 1, 5);
    dim_t largest = 0, calls = 0;
    const auto f = [&](auto& ctx, const auto& group) {
      largest = std::max(largest, group.shape().extent(0));
      ++calls;
      const auto wide = eval(ctx, exp(group));
      const auto again = eval(ctx, exp(wide));
      return row_sum(ctx, wide * again);
    };
    inference<> whole, parts;
    const auto expected = f(whole, x.view());
    largest = calls = 0;
    const auto found = in_groups(parts, 7, f, std::as_const(x).view());
    static_assert(std::is_same_v<decltype(found), decltype(expected)>);
    EXPECT_LE(largest, 7);
    EXPECT_EQ(calls, std::max<dim_t>(1, (count + 6) / 7));
    ASSERT_EQ(found.size(), count);
    EXPECT_EQ(std::memcmp(found.data(), expected.data(), static_cast<std::size_t>(count) * sizeof(float)), 0) << count;
    if (count == 23) {
      EXPECT_LT(parts.memory().values.peak(), whole.memory().values.peak() / 2);
    }
  }
}

TEST(checkpoint, of_a_convolution_normalised_by_running_statistics_too) {
  // What is forgotten and what is computed again must be the same bits, though evaluation takes another way.
  const auto x = uniform<float>(shape<batch, 9, 7, 5>{3}, -1, 1, 1);
  const auto w = uniform<float>(shape<8, 5, 3, 3>{}, -1, 1, 2);
  const auto gain = uniform<float>(shape<8>{}, 0.5, 1.5, 3), bias = uniform<float>(shape<8>{}, -1, 1, 4);
  auto mean = uniform<float>(shape<8>{}, -1, 1, 5), variance = uniform<float>(shape<8>{}, 1, 2, 6);
  const auto call = [w = &w, gain = &gain, bias = &bias, mean = &mean, variance = &variance](auto& c, const auto& v) {
    return conv2d_batch_norm_relu<1, 1>(c, v, *w, *gain, *bias, *mean, *variance);
  };
  recording<> ctx;
  const auto v = ctx.variable(x);
  const auto plain = call(ctx, v), forgotten = checkpoint(ctx, call, v);
  EXPECT_EQ(std::memcmp(plain.data(), forgotten.data(), static_cast<std::size_t>(plain.size()) * sizeof(float)), 0);
}
