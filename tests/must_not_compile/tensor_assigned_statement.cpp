// A statement assigned by `=`.
// expect: clipt::tensor: `=` takes a tensor or a result: this is none; write assign(ctx, x, statement)
// expect: assigned<clipt::node<clipt::ops::multiply
#include <clipt/tensor.hpp>

int main() {
  clipt::inference<> ctx;
  clipt::tensor<float, clipt::shape<3>> x, y;
  y = 2 * x;  // error here
  // remedy: clipt::assign(ctx, y, 2 * x);
}
