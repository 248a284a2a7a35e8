// A checkpointed part gives the bits of the plain call: results, gradients, random numbers, running statistics.
#include <gtest/gtest.h>
#include <cstring>
#include <vector>

#include <clipt/autodiff/checkpoint.hpp>
#include <clipt/expr/operators.hpp>
#include <clipt/nn/batch_norm.hpp>
#include <clipt/nn/layer_norm.hpp>
#include <clipt/nn/products.hpp>
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
  append(ctx.gradient_of(v).data, v.size());
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
  const auto call = [&b](auto& c, const auto& v) { return b(c, v); };
  const auto plain = call(ctx, x.view()), again = checkpoint(ctx, call, x.view());
  EXPECT_EQ(std::memcmp(plain.data, again.data, static_cast<std::size_t>(plain.size()) * sizeof(float)), 0);
}
