// A tensor without a name in a statement: its elements would be gone when the statement is computed.
// expect: clipt: a temporary tensor or parameter cannot be part of an expression: its elements would be gone; give it a name
#include <clipt/expr/operators.hpp>

int main() {
  const clipt::tensor<float, clipt::shape<3>> x;
  const auto y = x + clipt::tensor<float, clipt::shape<3>>();  // error here
  // remedy: const clipt::tensor<float, clipt::shape<3>> shift;
  // remedy: const auto y = x + shift;
}
