// A statement is printed before it is computed.
// expect: clipt: a statement is not printed: it has no elements; print eval(ctx, x)
// expect: printed<clipt::ops::multiply>::has_elements
#include <iostream>
#include <clipt/tensor.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<3>> x;
  std::cout << 2 * x;  // error here
  // remedy: std::cout << clipt::eval(ctx, 2 * x);
}
