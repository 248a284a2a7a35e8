// Lesson 5: a layer of your own. An aggregate of parameters, the names of its members, and a call operator.
#include <fmt/format.h>

#include <clipt/nn/init.hpp>        // fill_fan_in, fill_constant
#include <clipt/nn/layers.hpp>      // linear, norm
#include <clipt/nn/reductions.hpp>  // mean

#include "expect.hpp"

// P is the precision policy: what parameters and activations are made of (fp32, fp64) and the device.
template <class P, clipt::dim_t Width>
struct gated_mlp {
  clipt::linear<P, Width, 4 * Width> up, gate;
  clipt::linear<P, 4 * Width, Width> down;
  static constexpr auto names = clipt::fields("up", "gate", "down");  // the checkpoint names, one for each member

  // x: [..., width]. The product of the two branches is one kernel and one node; it runs as the input of `down`.
  auto operator()(auto& ctx, const auto& x) const {
    const auto opened = gate(ctx, x);
    const auto value = up(ctx, x);
    return down(ctx, clipt::silu(opened) * value);
  }
};

// Layers nest; a std::array of layers is one member whose elements are numbered. One block is compiled, not Depth
// blocks.
template <class P, clipt::dim_t Width, int Depth>
struct residual_stack {
  std::array<gated_mlp<P, Width>, Depth> blocks;
  clipt::norm<P, Width> last;
  static constexpr auto names = clipt::fields("blocks", "last");

  auto operator()(auto& ctx, const auto& x) const {
    auto h = eval(ctx, x + blocks[0](ctx, x));
    for (int k = 1; k < Depth; ++k) h = eval(ctx, h + blocks[k](ctx, h));
    return last(ctx, h);
  }
};

using namespace clipt;

int main() {
  using model_type = residual_stack<fp32, 8, 3>;
  model_type model;

  // All that handles models walks over their state: initialisers, optimisers, files. Nothing has to be registered.
  // A visitor sees the path and the member without its type: elements, extents, gradient.
  int listed = 0;
  for_each_parameter(model, [&](const std::string& path, const state_member& p) {
    if (p.extents.size() >= 2)
      fill_fan_in(p, stream_of(7, path));  // the numbers depend on the seed and the path alone
    else
      fill_constant(p, path == "last.weight" ? 1 : 0);
    if (++listed <= 4) fmt::print("{} [{}]\n", path, fmt::join(p.extents, ", "));
    if (listed == 2) expect(path == "blocks.0.up.bias", "the path of the second parameter");
  });
  fmt::print("... {} parameters in {} arrays\n", parameter_count(model), listed);
  expect(listed == 3 * 6 + 2 && parameter_count(model) == 3 * (2 * (8 * 32 + 32) + 32 * 8 + 8) + 16, "all are visited");

  // A model is a value: `=` copies it, a `const` one can still be trained by others, for gradients lie beside the
  // values.
  const model_type copy = model;
  tensor<float, shape<batch, 8>> x(5);
  for (dim_t i = 0; i < x.size(); ++i) x[i] = random_stream{1}.normal(static_cast<std::uint64_t>(i));
  recording<> ctx;
  ctx.backward(mean(ctx, square(copy(ctx, x))));
  expect(!copy.blocks[2].gate.weight.gradient().empty, "the gradient reached the last block");
  expect(model.blocks[2].gate.weight.gradient().empty, "the other model knows nothing of it");

  // The same layer for other inputs: [batch, 7, 8] here, with doubles where the policy says so.
  residual_stack<fp64, 8, 1> exact;
  inference<> silent;
  const tensor<double, shape<batch, 7, 8>> sequences(2);
  const auto y = exact(silent, sequences);
  fmt::print("{} -> {}\n", to_string(sequences.shape()), to_string(y.shape()));
}
