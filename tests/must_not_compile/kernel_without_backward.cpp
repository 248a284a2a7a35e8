// A recorded operation whose kernel has no way back.
// expect: clipt: a kernel of an operation with a gradient has a static `backward(ctx, arguments...)`: that of this operation on this device has none that takes these arguments
// expect: kernel_of<fourier, clipt::cpu, false>::has_backward
#include <clipt/core/device.hpp>
#include <clipt/ops/kernel.hpp>

struct fourier {};

template <>
struct clipt::kernel<fourier, clipt::cpu> {
  static void forward(auto&, const float*, int) {}
};

struct context {
  using device = clipt::cpu;
};

int main() {
  const float x[8] = {};
  context ctx;
  clipt::run_forward<fourier>(ctx, x, 8);
  clipt::run_backward<fourier>(ctx, x, 8);  // error here
}
