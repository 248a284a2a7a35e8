// Pictures with the channels in front, as PyTorch stores them.
// expect: clipt::conv2d: x [batch, height, width, in], weight [out, in / Groups, height, width]: the two in differ; channels are the last axis of x
// expect: extents<32, 3>::equal
#include <clipt/nn/convolution.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 3, 32, 32>> x(2);
  const clipt::parameter<clipt::fp32, 16, 3, 3, 3> weight;
  const auto y = clipt::conv2d<1, 1>(ctx, x, weight);  // error here
  // remedy: const clipt::tensor<float, clipt::shape<clipt::batch, 32, 32, 3>> pictures(2);
  // remedy: const auto y = clipt::conv2d<1, 1>(ctx, pictures, weight);
}
