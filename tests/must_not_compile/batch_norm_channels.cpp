// Running statistics of another number of channels.
// expect: clipt::batch_norm: x [..., channels], running statistics [channels]: the channels differ
// expect: extents<64, 32>::equal
#include <clipt/nn/batch_norm.hpp>

int main() {
  clipt::recording<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 8, 8, 64>> x(2);
  const clipt::parameter<clipt::fp32, 64> weight, bias;
  clipt::tensor<float, clipt::shape<32>> mean, variance;
  const auto y = clipt::batch_norm(ctx, x, weight, bias, mean, variance);  // error here
}
