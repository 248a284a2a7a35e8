// A statement with operands on the CPU and on a GPU.
// expect: clipt: elementwise operands: one device: they are on two; copy one of them
// expect: devices<clipt::cpu, clipt::gpu>::equal
#include <clipt/expr/operators.hpp>

int main() {
  const clipt::view<const float, clipt::shape<3>, clipt::cpu> x{};
  const clipt::view<const float, clipt::shape<3>, clipt::gpu> y{};
  const auto z = x + y;  // error here
  // remedy: const clipt::tensor<float, clipt::shape<3>> copied;
  // remedy: const auto z = x + copied;
}
