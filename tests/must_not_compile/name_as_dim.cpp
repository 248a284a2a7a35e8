// The name of an extent in place of a number that is known at run time.
// expect: clipt: the name of an extent is no number; write the number, or ask an array, x.shape().extent(0)
// code: only the code that is left shows whether the name was used in a type
#include <clipt/core/dims.hpp>

int main() {
  using namespace clipt;
  dim_t side = height;  // error here
  // remedy: dim_t side = 8;
}
