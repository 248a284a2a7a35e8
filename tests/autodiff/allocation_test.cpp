// After its first rounds a step allocates nothing, and its results lie where they lay before.
#include "allocation.hpp"

#include <gtest/gtest.h>

#include <clipt/autodiff/checkpoint.hpp>
#include <clipt/expr/operators.hpp>
#include <clipt/nn/batch_norm.hpp>
#include <clipt/nn/convolution.hpp>
#include <clipt/nn/cross_entropy.hpp>
#include <clipt/nn/gather.hpp>
#include <clipt/nn/layer_norm.hpp>
#include <clipt/nn/pooling.hpp>
#include <clipt/nn/products.hpp>
#include <clipt/nn/reshaping.hpp>
#include "gradients/op_case.hpp"

using namespace clipt;
using clipt_test::uniform;

namespace {

struct model {
  parameter<fp32, 16, 3, 3, 3> filters;
  parameter<fp32, 16> gain, shift;
  parameter<fp32, 50, 16> table;
  parameter<fp32, 40, 16> weight;
  parameter<fp32, 40> bias;
  mutable tensor<float, shape<16>> mean, variance;

  auto operator()(auto& ctx, const auto& pictures, const auto& ids) const {
    const auto a = batch_norm_relu(ctx, conv2d<1, 1>(ctx, pictures, filters), gain, shift, mean, variance);
    const auto pooled = avg_pool2d<8>(ctx, a);
    const auto b = layer_norm(ctx, reshape<shape<batch, 16>>(pooled) + gather(ctx, table, ids), gain, shift);
    const auto both = concat<1>(ctx, b, permute<0, 1>(ctx, b));
    return checkpoint(
        ctx, [this](auto& c, const auto& x) { return affine(c, gelu(x), weight, bias); }, slice<1, 0, 16>(ctx, both));
  }
};

}  // namespace

TEST(allocation, none_in_the_steady_state) {
  model m;
  std::fill(m.gain.begin(), m.gain.end(), 1.0f);
  const auto pictures = uniform<float>(shape<batch, 8, 8, 3>{9}, -1, 1, 1);
  tensor<std::int32_t, shape<batch>> ids(9);
  for (dim_t i = 0; i < 9; ++i) ids[i] = static_cast<std::int32_t>(i % 4);
  recording<> ctx;
  ctx.settings.training = true;
  ctx.settings.threads = 1;  // each thread has buffers of its own, and which pieces it gets is chance
  const void* where = nullptr;
  const auto step = [&] {
    const auto loss = mean(ctx, cross_entropy(ctx, m(ctx, pictures, ids), ids));
    ctx.backward(loss);
    where = loss.data();
    ctx.reset();
  };
  for (int i = 0; i < 3; ++i) step();
  ctx.seal();
  step();
  const void* const before = where;
  clipt_test::allocation_counter counter;
  for (int i = 0; i < 3; ++i) step();
  EXPECT_EQ(counter.count(), 0u);
  EXPECT_EQ(where, before);
}

TEST(allocation, none_per_inference_call) {
  const model m;
  const auto pictures = uniform<float>(shape<batch, 8, 8, 3>{9}, -1, 1, 1);
  const tensor<std::int32_t, shape<batch>> ids(9);
  inference<> ctx;
  const auto call = [&] {
    m(ctx, pictures, ids);
    ctx.reset();
  };
  for (int i = 0; i < 3; ++i) call();
  clipt_test::allocation_counter counter;
  call();
  EXPECT_EQ(counter.count(), 0u);
}
