// Running statistics of the channels that go into a convolution, not of those that come out.
// expect: clipt::batch_norm: x [..., channels], running statistics [channels]: the channels differ
// expect: extents<64, 32>::equal
#include <clipt/nn/conv2d_batch_norm.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 8, 8, 32>> x(2);
  const clipt::parameter<clipt::fp32, 64, 32, 3, 3> filters;
  const clipt::parameter<clipt::fp32, 64> weight, bias;
  clipt::tensor<float, clipt::shape<32>> mean, variance;
  const auto y = clipt::conv2d_batch_norm_relu<1, 1>(ctx, x, filters, weight, bias, mean, variance);  // error here
}
