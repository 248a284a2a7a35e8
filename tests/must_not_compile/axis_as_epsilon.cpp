// The axis where the smallest divisor is expected.
// expect: clipt::l2_normalize: l2_normalize(ctx, x) or l2_normalize<1>(ctx, x), of <clipt/nn/axis_maps.hpp>: this call is another one, or the header is not included
// expect: call<>::is_declared
#include <clipt/tensor.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<2, 3>> x;
  clipt::l2_normalize(ctx, x, 1);  // error here
  // remedy: clipt::l2_normalize(ctx, x, 1e-6f);
}
