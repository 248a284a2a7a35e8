// A backward of what another context recorded, in one that keeps no tape.
// expect: clipt::backward: the context records: it is an inference context; use recording<>
#include <clipt/nn/reductions.hpp>

int main() {
  clipt::recording<> ctx;
  clipt::inference<> other;
  const clipt::parameter<clipt::fp32, 10> x;
  const auto loss = clipt::mean(ctx, x * x);
  other.backward(loss);  // error here
  // remedy: ctx.backward(loss);
}
