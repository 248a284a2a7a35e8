// A function whose operation has no kernel on the context's device.
// expect: clipt: there is no kernel for this operation on this device; specialise clipt::kernel<Op, Device>
// expect: fourier
#include <clipt/autodiff/context.hpp>

struct fourier {};

int main() {
  clipt::inference<> ctx;
  const float x[8] = {};
  clipt::run_forward<fourier>(ctx, x, 8);  // error here
}
