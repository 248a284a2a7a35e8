// Operands that differ in more than the axis of concat.
// expect: clipt::concat: all extents but that of the axis are equal: two differ
// expect: clipt::shape<8, 512>, clipt::shape<4, 768>
#include <clipt/nn/reshaping.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<8, 512>> a;
  const clipt::tensor<float, clipt::shape<4, 768>> b;
  const auto both = clipt::concat<0>(ctx, a, b);  // error here
}
