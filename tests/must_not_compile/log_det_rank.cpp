// A vector in the place of a matrix.
// expect: clipt: a of linear algebra is [..., m, n]: it has fewer than two axes; reshape it
// expect: rank_of<clipt::shape<5>
#include <clipt/nn/solvers.hpp>
#include <clipt/nn/reshaping.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<5>> a;
  const auto y = clipt::log_det(ctx, a);  // error here
  // remedy: const clipt::tensor<float, clipt::shape<25>> elements;
  // remedy: const auto y = clipt::log_det(ctx, clipt::reshape<clipt::shape<5, 5>>(elements));
}
