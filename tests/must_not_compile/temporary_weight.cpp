// A weight without a name: the backward would read elements that are gone.
// expect: clipt: a temporary tensor or parameter cannot be part of an expression: its elements would be gone; give it a name
// lines: 12
#include <clipt/nn/products.hpp>

int main() {
  const clipt::tensor<float, clipt::shape<2, 3>> x;
  const clipt::tensor<float, clipt::shape<4>> bias;
  clipt::recording<> ctx;
  const auto y = clipt::affine(ctx, x, clipt::tensor<float, clipt::shape<4, 3>>(), bias);  // error here
  // remedy: const clipt::tensor<float, clipt::shape<4, 3>> weight;
  // remedy: const auto y = clipt::affine(ctx, x, weight, bias);
}
