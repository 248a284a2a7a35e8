// Matrices joined along a third axis.
// expect: clipt::concat: the operands have the axis: they have fewer
// expect: rank_of<clipt::shape<2, 3>
#include <clipt/nn/reshaping.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<2, 3>> x;
  const auto y = clipt::concat<2>(ctx, x, x);  // error here
}
