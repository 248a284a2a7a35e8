// A bias of another width than the rows it is added to.
// expect: clipt: elementwise operands: right-aligned extents are equal, 1 or missing: two extents differ
// expect: broadcast<clipt::shape<-1, 512>, clipt::shape<768>
#include <clipt/expr/operators.hpp>

int main() {
  const clipt::tensor<float, clipt::shape<clipt::batch, 512>> x(256);
  const clipt::tensor<float, clipt::shape<768>> bias;
  const auto y = x + bias;  // error here
}
