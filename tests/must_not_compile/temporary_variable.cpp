// A variable of a tensor without a name: the recording would read elements that are gone.
// expect: clipt::variable: a temporary tensor: its elements would be gone; give it a name
#include <clipt/autodiff/context.hpp>

int main() {
  clipt::recording<> ctx;
  const auto v = ctx.variable(clipt::tensor<float, clipt::shape<3>>());  // error here
  // remedy: const clipt::tensor<float, clipt::shape<3>> x;
  // remedy: const auto v = ctx.variable(x);
}
