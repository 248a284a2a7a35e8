// Gradients measured by differences of floats.
// expect: clipt::gradcheck: inputs are tensors of double: differences of floats are rounding; use tensor<double, ...>
// expect: element_types<float, double>
#include <clipt/autodiff/gradcheck.hpp>

int main() {
  clipt::tensor<float, clipt::shape<3>> x;  // error here
  // remedy: clipt::tensor<double, clipt::shape<3>> x;
  const auto f = [](auto& ctx, const auto& v) { return eval(ctx, exp(v)); };
  return clipt::gradcheck(f, x) < 1e-6 ? 0 : 1;  // error here
  // remedy: return clipt::gradcheck(f, x) < 1e-6 ? 0 : 1;
}
