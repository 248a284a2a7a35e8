// A backward from a result that nothing trainable went into.
// expect: clipt::backward: the loss depends on a parameter or on ctx.variable(x) in a recording context: it does not
#include <clipt/nn/reductions.hpp>

int main() {
  clipt::recording<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 10>> x(4);
  const auto loss = clipt::mean(ctx, x * x);
  ctx.backward(loss);  // error here
}
