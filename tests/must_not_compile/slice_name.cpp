// Bounds of run time with a number where the result's extent needs a name.
// expect: clipt::slice: bounds at run time: the result's extent has a name; give it, slice<axis, rows>(ctx, x, bounds)
// expect: result_extent<2>
#include <clipt/nn/rearranging.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<5, 3>> x;
  const auto y = clipt::slice<0, 2>(ctx, x, {.begin = 1, .end = 3});  // error here
  // remedy: const auto y = clipt::slice<0, clipt::rows>(ctx, x, {.begin = 1, .end = 3});
}
