// Filters over all channels of pictures, in two groups.
// expect: clipt::conv2d: x [batch, height, width, in], weight [out, in / Groups, height, width]: the two in differ; channels are the last axis of x
// expect: extents<32, 64>::equal
#include <clipt/nn/convolution.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 8, 8, 32>> x(2);
  const clipt::parameter<clipt::fp32, 16, 32, 3, 3> weight;
  const auto y = clipt::conv2d<1, 1, 1, 2>(ctx, x, weight);  // error here
}
