// More values than runtime extents.
// expect: clipt::tensor: one value for each runtime extent
// expect: given_values<2>::match<1>
#include <clipt/memory/tensor.hpp>

int main() {
  const clipt::tensor<float, clipt::shape<clipt::batch, 512>> x(256, 512);  // error here
}
