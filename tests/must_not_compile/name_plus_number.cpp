// A name of an extent has no successor.
// expect: clipt: the name of an extent is no number; write the number, or ask an array, x.shape().extent(0)
#include <clipt/memory/tensor.hpp>

int main() {
  using namespace clipt;
  const dim_t more = batch + 1;  // error here
  // remedy: const tensor<float, shape<batch, 3>> x(4);
  // remedy: const dim_t more = x.shape().extent(0) + 1;
}
