// An element of a matrix by one index for a call that takes two.
// expect: clipt: x(i, j) takes one index for each axis of x: more or fewer are given; x[i] counts through all elements
// expect: indices<1>
#include <clipt/memory/tensor.hpp>

int main() {
  const clipt::tensor<float, clipt::shape<2, 3>> x;
  const float first = x(0);  // error here
  // remedy: const float first = x[0];
  return static_cast<int>(first);
}
