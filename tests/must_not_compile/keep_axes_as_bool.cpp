// Axes kept by true, as in Python.
// expect: clipt::sum: sum(ctx, x), sum<1>(ctx, x) or sum<1>(ctx, x, keep_axes), of <clipt/nn/axis_reductions.hpp>: this call is another one, or the header is not included
// expect: call<1>::is_declared
#include <clipt/tensor.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<2, 3>> x;
  clipt::sum<1>(ctx, x, true);  // error here
  // remedy: clipt::sum<1>(ctx, x, clipt::keep_axes);
}
