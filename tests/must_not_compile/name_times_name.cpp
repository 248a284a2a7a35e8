// A forgotten local: names of extents have no product.
// expect: clipt: the name of an extent is no number; write the number, or ask an array, x.shape().extent(0)
#include <clipt/memory/tensor.hpp>

int main() {
  using namespace clipt;
  const dim_t pixels = height * width;  // error here
  // remedy: const tensor<float, shape<height, width>> x(4, 6);
  // remedy: const dim_t pixels = x.shape().extent(0) * x.shape().extent(1);
}
