// Products of integers.
// expect: clipt::matmul: elements are float or double: they are not; use cast<float>(x)
// expect: clipt::affine: elements are float or double: they are not; use cast<float>(x)
// expect: elements_of<int>::are_float_or_double
#include <clipt/nn/products.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<std::int32_t, clipt::shape<4, 4>> counts;
  const clipt::tensor<std::int32_t, clipt::shape<4>> bias;
  const auto y = clipt::matmul(ctx, counts, counts);  // error here
  // remedy: const auto y = clipt::matmul(ctx, clipt::cast<float>(counts), clipt::cast<float>(counts));
  const auto z = clipt::affine(ctx, counts, counts, bias);      // error here
  // remedy: const auto z = clipt::affine(ctx, clipt::cast<float>(counts), clipt::cast<float>(counts), clipt::cast<float>(bias));
}
