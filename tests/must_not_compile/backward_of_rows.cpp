// A backward from losses that nobody has averaged.
// expect: clipt::backward: the loss is a scalar: it has axes; reduce it with sum or mean, or give a gradient
// expect: elements<clipt::shape<4>
#include <clipt/nn/cross_entropy.hpp>

int main() {
  clipt::recording<> ctx;
  const clipt::parameter<clipt::fp32, 4, 10> logits;
  const clipt::tensor<std::int32_t, clipt::shape<4>> labels;
  const auto losses = clipt::cross_entropy(ctx, logits, labels);
  ctx.backward(losses);  // error here
  // remedy: ctx.backward(clipt::mean(ctx, losses));
}
