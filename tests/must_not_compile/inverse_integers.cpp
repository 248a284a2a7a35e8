// A matrix of whole numbers.
// expect: clipt: linear algebra is done in float or double: another element type is given; use cast<float>(x)
// expect: elements_of<int>::are_float_or_double
#include <clipt/nn/solvers.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<int, clipt::shape<5, 5>> a;
  const auto x = clipt::inverse(ctx, a);  // error here
  // remedy: const auto x = clipt::inverse(ctx, clipt::cast<float>(a));
}
