// A bias in double precision for a convolution of floats.
// expect: clipt::conv2d: element types are the same: x and bias differ; use cast<T>(x)
// expect: element_types<float, double>::equal
#include <clipt/nn/convolution.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<2, 8, 8, 3>> x;
  const clipt::parameter<clipt::fp32, 16, 3, 3, 3> weight;
  const clipt::parameter<clipt::fp64, 16> bias;
  const auto y = clipt::conv2d<1, 1>(ctx, x, weight, bias);  // error here
  // remedy: const auto y = clipt::conv2d<1, 1>(ctx, x, weight, clipt::cast<float>(bias));
}
