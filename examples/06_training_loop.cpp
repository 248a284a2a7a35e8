// Lesson 6: a training loop. Model, data, loss, optimiser, schedule; and a loop that allocates nothing after its first step.
#include <fmt/format.h>

#include <cmath>

#include <clipt/nn/cross_entropy.hpp>  // cross_entropy
#include <clipt/nn/init.hpp>           // fill_fan_in
#include <clipt/nn/layers.hpp>         // linear
#include <clipt/nn/optim.hpp>          // adamw
#include <clipt/nn/schedule.hpp>       // schedule

#include "expect.hpp"

using namespace clipt;

template <class P>
struct classifier {
  linear<P, 2, 64> in;
  linear<P, 64, 64> hidden;
  linear<P, 64, 3> out;
  static constexpr auto names = fields("in", "hidden", "out");

  auto operator()(auto& ctx, const auto& x) const { return out(ctx, gelu(hidden(ctx, gelu(in(ctx, x))))); }
};

using points = tensor<float, shape<batch, 2>>;
using labels = tensor<std::int32_t, shape<batch>>;

// Three arms of a spiral. Random numbers are functions of (seed, stream, step, element): the same on every machine.
void draw(points& x, labels& y, std::uint32_t step) {
  const random_stream random{42, 0, step};
  for (dim_t i = 0; i < y.size(); ++i) {
    y[i] = static_cast<std::int32_t>(random.below(3 * i, 3));
    const float radius = random.uniform(3 * i + 1),
                angle = 4 * radius + 2.0944f * static_cast<float>(y[i]) + 0.2f * random.uniform(3 * i + 2);
    x[2 * i] = radius * std::cos(angle);
    x[2 * i + 1] = radius * std::sin(angle);
  }
}

template <class Model>
double accuracy(const Model& model, const points& x, const labels& y) {
  inference<> ctx;
  const auto found = row_argmax(ctx, model(ctx, x));
  double right = 0;
  for (dim_t i = 0; i < y.size(); ++i) right += found[i] == y[i];
  return right / static_cast<double>(y.size());
}

int main() {
  constexpr dim_t size = 256, steps = 400;
  classifier<fp32> model;
  for_each_parameter(model, [](const std::string& path, const state_member& p) {
    if (p.extents.size() == 2) fill_fan_in(p, stream_of(1, path));
  });
  adamw<float> optimiser(model, {.weight_decay = 0.01});  // decay on weights alone, not on biases
  const schedule rate{.kind = schedule_kind::cosine, .peak = 1e-2, .warmup = 20, .total = steps};

  points x(size);
  labels y(size);
  recording<> ctx;
  double first = 0, last = 0;
  for (dim_t step = 0; step < steps; ++step) {
    draw(x, y, static_cast<std::uint32_t>(step));
    ctx.reset();             // forgets the last step's results and tape; the memory stays
    clear_gradients(model);  // gradients add up otherwise
    const auto loss = mean(ctx, cross_entropy(ctx, model(ctx, x), y));
    ctx.backward(loss);
    const double norm = gradient_norm(optimiser.parameters());
    optimiser.step(rate(step), clipping_factor(norm, 1));
    // Two steps have shown how much memory a step takes: from here on growth would be an error.
    if (step == 1) ctx.seal();

    (step == 0 ? first : last) = loss[0];
    if (step % 100 == 0 || step + 1 == steps)
      fmt::print("step {:3}  loss {:.4f}  norm {:.3f}  rate {:.1e}\n", step, loss[0], norm, rate(step));
  }

  points unseen(1000);
  labels truth(1000);
  draw(unseen, truth, 1u << 20);
  const double right = accuracy(model, unseen, truth);
  fmt::print("{:.1f} % of 1000 new points are right (chance: 33.3 %)\n", 100 * right);
  expect(last < first / 4, "the loss falls");
  expect(right > 0.95, "the spiral is learned");
}
