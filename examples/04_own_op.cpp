// Lesson 4: an elementwise operation of your own. Its value and its gradient, and it fuses with the rest of a statement.
#include <fmt/format.h>

#include <cmath>

#include <clipt/autodiff/gradcheck.hpp>  // gradcheck
#include <clipt/autodiff/evaluate.hpp>   // eval, apply
#include <clipt/nn/reductions.hpp>       // mean

#include "expect.hpp"

using namespace clipt;  // abs, square, ... for numbers; for lanes the compiler finds them by itself

// `apply` is the value; T is a register of floats, or of doubles, or a single number. No branches on values: see
// where(). `pull` turns g, the gradient by y, into gx, the gradient by x. It gets the value y too, which many gradients
// reuse.
struct softsign {
  static constexpr const char* name = "softsign";  // the word in messages; may be left out
  template <class T>
  CLIPT_HD static T apply(T x) {
    return x / (T(1) + abs(x));
  }
  template <class T>
  CLIPT_HD static void pull(T x, T, T g, T& gx) {
    gx = g / square(T(1) + abs(x));
  }
};

// Two operands: one more argument, one more gradient.
struct hypotenuse {
  static constexpr const char* name = "hypotenuse";
  template <class T>
  CLIPT_HD static T apply(T a, T b) {
    return sqrt(a * a + b * b);
  }
  template <class T>
  CLIPT_HD static void pull(T a, T b, T y, T g, T& ga, T& gb) {
    ga = g * a / y;
    gb = g * b / y;
  }
};

// State is a member: then `apply` and `pull` are const and not static, and make_node takes the value.
struct leaky_relu {
  float slope;
  template <class T>
  CLIPT_HD T apply(T x) const {
    return where(x < T(0), T(slope) * x, x);
  }
  template <class T>
  CLIPT_HD void pull(T x, T, T g, T& gx) const {
    gx = where(x < T(0), T(slope) * g, g);
  }
};

int main() {
  const tensor<float, shape<5>> x{{}, {-3, -1, 0, 1, 3}};
  recording<> ctx;
  const auto v = ctx.variable(x);

  // One loop: the operation, the product and the sum. One tape node, whose backward comes from the three `pull`s.
  const auto y = eval(ctx, 2 * apply<softsign>(v) + x);
  fmt::print("2 softsign(x) + x = {:.3f}\n", fmt::join(y, " "));
  expect(y[4] == 4.5f, "2 * 3/4 + 3");
  ctx.backward(mean(ctx, y));
  fmt::print("gradient          = {:.3f}\n", fmt::join(ctx.gradient_of(v), " "));
  expect(std::abs(ctx.gradient_of(v)[0] - 2.0f / 16 / 5) < 1e-6f, "2 / (1 + 3)² / 5");

  // Nobody checks a `pull` but you: with gradcheck, away from kinks.
  tensor<double, shape<2, 3>> a{{}, {0.5, -0.8, 1.3, 2.1, -1.7, 0.4}}, b{{}, {1.1, 0.6, -0.9, 0.2, 1.5, -2.0}};
  const double one = gradcheck([](auto& c, auto p) { return eval(c, apply<softsign>(p)); }, a);
  const double two = gradcheck([](auto& c, auto p, auto q) { return eval(c, apply<hypotenuse>(p, 3 * q)); }, a, b);
  const double three = gradcheck([](auto& c, auto p) { return eval(c, make_node(leaky_relu{0.1f}, p)); }, a);
  fmt::print("deviations {:.1e} {:.1e} {:.1e}\n", one, two, three);
  expect(one < 1e-8 && two < 1e-8 && three < 1e-8, "the gradients are right");
}
