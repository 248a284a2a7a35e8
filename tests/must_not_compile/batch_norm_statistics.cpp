// A layer in whose call the running statistics are const.
// expect: clipt::batch_norm: running statistics change in training: they are const; a layer declares them mutable
#include <clipt/nn/batch_norm.hpp>

struct scaled {
  clipt::parameter<clipt::fp32, 64> weight, bias;
  clipt::tensor<float, clipt::shape<64>> mean, variance;  // error here
  // remedy: mutable clipt::tensor<float, clipt::shape<64>> mean, variance;

  auto operator()(auto& ctx, const auto& x) const { return clipt::batch_norm(ctx, x, weight, bias, mean, variance); }
};

int main() {
  clipt::recording<> ctx;
  const clipt::tensor<float, clipt::shape<8, 64>> x;
  const scaled layer;
  const auto y = layer(ctx, x);  // error here
  // remedy: const auto y = layer(ctx, x);
}
