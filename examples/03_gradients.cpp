// Lesson 3: gradients. A recording context keeps a tape; backward adds gradients to parameters and variables.
#include <fmt/format.h>

#include <cmath>

#include <clipt/autodiff/gradcheck.hpp>  // gradcheck
#include <clipt/nn/reductions.hpp>       // mean
#include <clipt/nn/rows.hpp>             // l2_normalize

#include "expect.hpp"

using namespace clipt;

int main() {
  const tensor<float, shape<3>> x{{}, {1, 2, 3}}, target{{}, {2, 4, 6}};
  parameter<fp32> slope;  // a scalar; trained state is a parameter
  slope[0] = 1;

  // The same code as in an inference context. This statement is one node of the tape: what lies between x and the loss
  // is not stored, the backward pass computes it again.
  recording<> ctx;
  const auto loss = mean(ctx, square(slope * x - target));
  ctx.backward(loss);
  fmt::print("loss {:.4f}, dloss/dslope {:.4f}\n", loss[0], slope.gradient_data()[0]);
  expect(std::abs(slope.gradient_data()[0] + 28 / 3.0f) < 1e-5f, "2 mean((slope x - target) x) = -28 / 3");

  // Gradients of parameters add up until they are cleared, so a large batch may come in pieces.
  ctx.reset();
  ctx.backward(mean(ctx, square(slope * x - target)));
  expect(std::abs(slope.gradient_data()[0] + 56 / 3.0f) < 1e-5f, "twice the gradient");
  slope.gradient().clear();

  // A tensor carries no gradient. `variable` makes it a leaf whose gradient you can read.
  ctx.reset();
  const auto v = ctx.variable(x);
  const auto unit = l2_normalize(ctx, v);
  ctx.keep_gradient(unit);  // of a result in between: by wish only, else its memory is used again at once
  ctx.backward(mean(ctx, unit * target));
  fmt::print("d/dx = {:.4f}\n", fmt::join(ctx.gradient_of(v), " "));
  expect(std::abs(ctx.gradient_of(v)[0]) < 1e-6f, "target points where x points: turning x changes nothing at first");
  expect(std::abs(ctx.gradient_of(unit)[2] - 2) < 1e-6f, "dmean/dunit = target / 3");

  // detach stops a gradient: the target network of many methods.
  ctx.reset();
  const auto w = ctx.variable(x);
  ctx.backward(mean(ctx, w * detach(w)));
  expect(std::abs(ctx.gradient_of(w)[1] - 2 / 3.0f) < 1e-6f, "only one of the two factors is differentiated");

  // In an inference context the same function returns plain views: no tape, and no backward is even compiled.
  inference<> silent;
  static_assert(std::is_same_v<decltype(mean(silent, slope * x)), view<const float, shape<>>>);

  // gradcheck compares with finite differences in double precision: use it for every function of your own.
  tensor<double, shape<2, 3>> input{{}, {0.1, -0.4, 0.9, 1.2, -0.7, 0.3}};
  const double worst = gradcheck([](auto& c, auto a) { return l2_normalize(c, tanh(a) + 2 * a); }, input);
  fmt::print("largest deviation {:.1e}\n", worst);
  expect(worst < 1e-8, "derived and measured gradients agree");
}
