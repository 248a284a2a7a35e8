// The axis behind the operand, as in Python.
// expect: clipt::softmax: softmax(ctx, x) or softmax<1>(ctx, x), of <clipt/nn/axis_maps.hpp>: this call is another one, or the header is not included
// expect: call<>::is_declared
#include <clipt/tensor.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<2, 3>> x;
  clipt::softmax(ctx, x, 0);  // error here
  // remedy: clipt::softmax<0>(ctx, x);
}
