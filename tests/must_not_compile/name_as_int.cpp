// The name of an extent in place of an int.
// expect: clipt: the name of an extent is no number; write the number, or ask an array, x.shape().extent(0)
#include <clipt/core/dims.hpp>

int main() {
  using namespace clipt;
  const int side = width;  // error here
  // remedy: const int side = 8;
}
