// A parameter without a name in a statement.
// expect: clipt: a temporary tensor or parameter cannot be part of an expression: its elements would be gone; give it a name
#include <clipt/expr/operators.hpp>

int main() {
  const clipt::tensor<float, clipt::shape<3>> x;
  const auto y = x * clipt::parameter<clipt::fp32, 3>();  // error here
  // remedy: const clipt::parameter<clipt::fp32, 3> scale;
  // remedy: const auto y = x * scale;
}
