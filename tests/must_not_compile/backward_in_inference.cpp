// A backward in a context that keeps no tape.
// expect: clipt::backward: the loss depends on a parameter or on ctx.variable(x) in a recording context: it does not
#include <clipt/nn/reductions.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::parameter<clipt::fp32, 10> x;
  const auto loss = clipt::mean(ctx, x * x);
  ctx.backward(loss);  // error here
}
