// Values for extents that the type already fixes.
// expect: clipt::shape: one value for each runtime extent
// expect: given_values<2>::match<1>
#include <clipt/core/shape.hpp>

int main() {
  const clipt::shape<clipt::batch, 512> s{256, 512};  // error here
}
