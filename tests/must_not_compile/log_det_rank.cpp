// A vector in the place of a matrix.
// expect: clipt: a of linear algebra is [..., m, n]: it has fewer than two axes; reshape it
// expect: rank_of<clipt::shape<5>
#include <clipt/nn/solvers.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<5>> a;
  const auto y = clipt::log_det(ctx, a);  // error here
}
