// The transpose of a vector.
// expect: clipt::transpose: x [..., m, n]: x has fewer than two axes
// expect: rank_of<clipt::shape<4>
#include <clipt/nn/permute.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<4>> x;
  const auto y = clipt::transpose(ctx, x);  // error here
}
