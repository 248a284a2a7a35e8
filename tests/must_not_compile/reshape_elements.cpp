// A shape with another number of elements.
// expect: clipt::reshape: both shapes have the same number of elements: they differ
// expect: elements<clipt::shape<-1, 7, 7, 512>, clipt::shape<-1, 48, 512>
#include <clipt/nn/reshaping.hpp>

int main() {
  const clipt::tensor<float, clipt::shape<clipt::batch, 7, 7, 512>> x(2);
  const auto y = clipt::reshape<clipt::shape<clipt::batch, 48, 512>>(x);  // error here
}
