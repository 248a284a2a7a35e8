// A recording's result written over a tensor, behind which no gradient would come.
// expect: clipt::assign: a gradient would stop here without a word: x depends on a parameter or a result; write detach(x)
#include <clipt/autodiff/assign.hpp>

int main() {
  clipt::recording<> ctx;
  const clipt::parameter<clipt::fp32, 3> weight;
  clipt::tensor<float, clipt::shape<3>> average;
  assign(ctx, average, 0.9f * average + 0.1f * weight);  // error here
  // remedy: assign(ctx, average, 0.9f * average + 0.1f * clipt::detach(weight));
}
