// A result of a recording is to be overwritten.
// expect: clipt::assign: the target is a tensor, a parameter or a view: it is a statement or a result
// expect: target_of_assign<clipt::var<float, clipt::shape<3>
#include <clipt/tensor.hpp>

int main() {
  clipt::recording<> ctx;
  clipt::parameter<clipt::fp32, 3> p;
  clipt::tensor<float, clipt::shape<3>> x;
  const auto y = clipt::eval(ctx, 2 * p);
  clipt::assign(ctx, y, x);  // error here
  // remedy: clipt::assign(ctx, x, clipt::detach(y));
}
