// The axis where the correction of a variance is expected.
// expect: clipt::variance: variance(ctx, x), variance(ctx, x, 0.0), variance<1>(ctx, x) or variance<1>(ctx, x, keep_axes), of <clipt/nn/axis_reductions.hpp>: this call is another one, or the header is not included
// expect: call<>::is_declared
#include <clipt/tensor.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<2, 3>> x;
  clipt::variance(ctx, x, 0);  // error here
  // remedy: clipt::variance<0>(ctx, x, 0), clipt::variance(ctx, x, 0.0);
}
