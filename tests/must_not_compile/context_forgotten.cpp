// A loss without the context that computes it.
// expect: clipt::mean: mean(ctx, x), mean<1>(ctx, x) or mean<1>(ctx, x, keep_axes), of <clipt/nn/axis_reductions.hpp>: this call is another one, or the header is not included
// expect: call<>::is_declared
#include <clipt/tensor.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<512>> x;
  clipt::mean(2 * x);  // error here
  // remedy: clipt::mean(ctx, 2 * x);
}
