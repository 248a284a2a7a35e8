// A loss and what it is of, both without the context.
// expect: clipt::softmax: softmax(ctx, x) or softmax<1>(ctx, x), of <clipt/nn/axis_maps.hpp>: this call is another one, or the header is not included
// lines: 14
// expect: call<>::is_declared
#include <clipt/tensor.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<3, 3>> x;
  clipt::sum(clipt::softmax(x));  // error here
  // remedy: clipt::sum(ctx, clipt::softmax(ctx, x));
}
