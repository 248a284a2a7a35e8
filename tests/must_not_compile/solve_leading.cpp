// A right-hand side with other leading axes.
// expect: clipt: a solver's a is [..., m, n], its b [..., m] or [..., m, k]: the leading axes or the m differ
// expect: fits
#include <clipt/nn/solvers.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 5, 5>> a(3);
  const clipt::tensor<float, clipt::shape<clipt::batch, 4, 2>> b(3);
  const auto x = clipt::solve(ctx, a, b);  // error here
}
