// An operation on a device that has no kernel for it.
// expect: clipt: there is no kernel for this operation on this device; specialise clipt::kernel<Op, Device>
// expect: operation<fourier, clipt::cpu>::has_a_kernel
#include <clipt/ops/kernel.hpp>

#include <clipt/core/device.hpp>

struct fourier {};
// remedy: template <> struct clipt::kernel<fourier, clipt::cpu> { static void forward(const float*, int) {} };

int main() {
  const float x[8] = {};
  clipt::kernel<fourier, clipt::cpu>::forward(x, 8);  // error here
  // remedy: clipt::kernel<fourier, clipt::cpu>::forward(x, 8);
}
