// A convolution of integers.
// expect: clipt::conv2d: elements are float or double: they are not; use cast<float>(x)
// expect: elements_of<int>::are_float_or_double
#include <clipt/nn/convolution.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<std::int32_t, clipt::shape<2, 8, 8, 3>> x;
  const clipt::tensor<std::int32_t, clipt::shape<5, 3, 3, 3>> weight;
  const auto y = clipt::conv2d(ctx, x, weight);  // error here
  // remedy: const auto y = clipt::conv2d(ctx, clipt::cast<float>(x), clipt::cast<float>(weight));
}
