// A context of the CPU is given what lies on a GPU.
// expect: clipt: the context and all operands of an operation are on one device: one is not; copy it
// expect: devices<clipt::gpu, clipt::cpu>::equal
#include <clipt/autodiff/evaluate.hpp>

int main() {
  clipt::inference<clipt::cpu> ctx;
  const clipt::view<const float, clipt::shape<3>, clipt::gpu> x{};
  const auto y = clipt::eval(ctx, 2 * x);  // error here
  // remedy: const clipt::tensor<float, clipt::shape<3>> copied;
  // remedy: const auto y = clipt::eval(ctx, 2 * copied);
}
