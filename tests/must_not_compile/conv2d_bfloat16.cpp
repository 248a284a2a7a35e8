// A convolution of 16-bit elements.
// expect: clipt::conv2d: elements are float or double: they are not; use cast<float>(x)
// expect: elements_of<clipt::bfloat16>::are_float_or_double
#include <clipt/nn/convolution.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<clipt::bfloat16, clipt::shape<2, 8, 8, 3>> x;
  const clipt::tensor<clipt::bfloat16, clipt::shape<5, 3, 3, 3>> weight;
  const auto y = clipt::conv2d(ctx, x, weight);  // error here
  // remedy: const auto y = clipt::conv2d(ctx, clipt::cast<float>(x), clipt::cast<float>(weight));
}
