// Elements where a tensor takes its extents.
// expect: clipt::tensor: one value for each runtime extent of the shape: more or fewer are given; elements stand behind the shape, x(shape, {1, 2, 3})
// expect: given_values<4>::match<0>
#include <clipt/memory/tensor.hpp>

int main() {
  const clipt::tensor<float, clipt::shape<2, 2>> x{1, 2, 3, 4};  // error here
  // remedy: const clipt::tensor<float, clipt::shape<2, 2>> x(clipt::shape<2, 2>{}, {1, 2, 3, 4});
}
