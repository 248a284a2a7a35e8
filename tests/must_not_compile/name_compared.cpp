// A loop up to the name of an extent.
// expect: clipt: the name of an extent is no number; write the number, or ask an array, x.shape().extent(0)
#include <clipt/core/dims.hpp>

int main() {
  using namespace clipt;
  for (dim_t i = 0; i < height; ++i) return 1;  // error here
  // remedy: for (dim_t i = 0; i < 8; ++i) return 1;
}
