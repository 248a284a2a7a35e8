// Numbers of two types in one statement.
// expect: clipt: elementwise operands: element types are the same: they differ; use cast<T>(x)
// expect: element_types<float, double>::equal
#include <clipt/autodiff/evaluate.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<3>> x;
  const clipt::tensor<double, clipt::shape<3>> weights;
  const auto y = clipt::eval(ctx, x * weights);  // error here
  // remedy: const auto y = clipt::eval(ctx, x * clipt::cast<float>(weights));
}
