// The shortcut of a convolution that halves height and width, which it does not.
// expect: clipt::conv2d_batch_norm_relu: the shortcut has the shape of the convolution: it has another
// expect: shape<-1, 32, 32, 8>
#include <clipt/nn/conv2d_batch_norm.hpp>

int main() {
  clipt::recording<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 32, 32, 8>> x(2);
  const clipt::parameter<clipt::fp32, 8, 8, 3, 3> filters;
  const clipt::parameter<clipt::fp32, 8> weight, bias;
  clipt::tensor<float, clipt::shape<8>> mean, variance;
  const auto y = clipt::conv2d_batch_norm_relu<2, 1>(ctx, x, filters, weight, bias, mean, variance, x);  // error here
}
