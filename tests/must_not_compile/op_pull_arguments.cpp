// An op of one's own whose gradient lacks an argument: one error, although the loss has no gradient either.
// expect: clipt: each op of a statement that is recorded has a static `pull(x..., y, g, gx&...)`, its gradient: one has none, or one with other arguments or a gx that is no reference
// expect: gradient_of<scaled>::is_defined
#include <clipt/autodiff/evaluate.hpp>
#include <clipt/nn/reductions.hpp>

struct scaled {
  template <class T>
  static T apply(T a, T b) {
    return a * b;
  }
  template <class T>
  static void pull(T, T b, T, T g, T& ga) {  // and gb?
    ga = g * b;
  }
};

int main() {
  clipt::recording<> ctx;
  const clipt::parameter<clipt::fp32, 16> x;
  ctx.backward(clipt::mean(ctx, clipt::apply<scaled>(x, x)));  // error here
}
