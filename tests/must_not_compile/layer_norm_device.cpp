// A layer_norm on the CPU whose gain lies on a GPU.
// expect: clipt: the context and all operands of an operation are on one device: one is not; copy it
// expect: devices<clipt::gpu, clipt::cpu>::equal
#include <clipt/nn/layer_norm.hpp>

int main() {
  clipt::inference<clipt::cpu> ctx;
  const clipt::tensor<float, clipt::shape<2, 16>> x;
  const clipt::tensor<float, clipt::shape<16>> bias;
  const clipt::view<const float, clipt::shape<16>, clipt::gpu> weight{};
  const auto y = clipt::layer_norm(ctx, x, weight, bias);  // error here
  // remedy: const clipt::tensor<float, clipt::shape<16>> copied;
  // remedy: const auto y = clipt::layer_norm(ctx, x, copied, bias);
}
