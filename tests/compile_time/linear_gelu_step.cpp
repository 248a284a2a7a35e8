// A training step of one's own: two linear layers, gelu, a loss, its gradients.
#include <clipt/nn/cross_entropy.hpp>
#include <clipt/nn/layers.hpp>

using namespace clipt;

template <class P>
struct network {
  linear<P, 64, 256> in;
  linear<P, 256, 10> out;
  static constexpr auto names = fields("in", "out");

  auto operator()(auto& ctx, const auto& x) const { return out(ctx, gelu(in(ctx, x))); }
};

float step(recording<>& ctx, const network<fp32>& model, const tensor<float, shape<batch, 64>>& x,
           const tensor<std::int32_t, shape<batch>>& labels) {
  ctx.reset();
  clear_gradients(model);
  const auto loss = mean(ctx, cross_entropy(ctx, model(ctx, x), labels));
  ctx.backward(loss);
  return loss[0];
}
