// An axis named twice.
// expect: clipt::permute: each axis of x is named once: it is not
// expect: axes<0, 2, 2, 1>::are_each_named_once<4>
#include <clipt/nn/permute.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 3, 32, 32>> x(2);
  const auto y = clipt::permute<0, 2, 2, 1>(ctx, x);  // error here
}
