// Doubles written over floats.
// expect: clipt::assign: element types are the same: they differ; use cast<T>(x)
// expect: element_types<float, double>
#include <clipt/autodiff/assign.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<double, clipt::shape<3>> x;
  clipt::tensor<float, clipt::shape<3>> y;
  assign(ctx, y, 2 * x);  // error here
  // remedy: assign(ctx, y, clipt::cast<float>(2 * x));
}
