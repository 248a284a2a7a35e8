// The name of an extent in place of its value.
// expect: clipt::shape: the name of an extent is no number; give the number of elements along that axis
#include <clipt/memory/tensor.hpp>

int main() {
  using namespace clipt;
  const tensor<float, shape<tokens, 8>> x(batch);  // error here
  // remedy: const tensor<float, shape<tokens, 8>> x(77);
}
