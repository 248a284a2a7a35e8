// A statement that is not computed yet has no elements to see under another shape.
// expect: clipt::reshape: x lies in memory: an expression does not; write reshape<...>(eval(ctx, x))
#include <clipt/nn/reshaping.hpp>

int main() {
  const clipt::tensor<float, clipt::shape<4, 6>> x;
  const auto y = clipt::reshape<clipt::shape<24>>(x + 1);  // error here
  // remedy: clipt::inference<> ctx;
  // remedy: const auto y = clipt::reshape<clipt::shape<24>>(clipt::eval(ctx, x + 1));
}
