// A solver whose two operands are of two types.
// expect: clipt: a and b of a solver have one element type: they differ; use cast<T>(x)
// expect: element_types<float, double>::equal
#include <clipt/nn/solvers.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<5, 5>> a;
  const clipt::tensor<double, clipt::shape<5>> b;
  const auto x = clipt::solve(ctx, a, b);  // error here
  // remedy: const auto x = clipt::solve(ctx, clipt::cast<double>(a), b);
}
