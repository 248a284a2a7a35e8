// A name of an extent has no successor.
// expect: clipt: the name of an extent is no number: write the number, or ask an array, x.shape().extent(0)
#include <clipt/core/dims.hpp>

int main() {
  using namespace clipt;
  const dim_t more = batch + 1;  // error here
}
