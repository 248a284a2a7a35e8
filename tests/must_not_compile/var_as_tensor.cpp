// The result of a recording kept in a tensor.
// expect: clipt::tensor: a tensor carries no gradient: this is the result of a recording; write detach(x)
#include <clipt/autodiff/evaluate.hpp>

int main() {
  clipt::recording<> ctx;
  const clipt::parameter<clipt::fp32, 16> w;
  const clipt::tensor<float, clipt::shape<16>> y = clipt::eval(ctx, 2 * w);  // error here
  // remedy: const clipt::tensor<float, clipt::shape<16>> y = clipt::detach(clipt::eval(ctx, 2 * w));
}
