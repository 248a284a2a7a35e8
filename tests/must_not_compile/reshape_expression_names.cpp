// A statement that is not computed yet, seen under other names.
// expect: clipt::reshape: x lies in memory: an expression does not; write reshape(eval(ctx, x), shape)
#include <clipt/nn/reshaping.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<4, 6>> x;
  const auto y = clipt::reshape(x + 1, clipt::shape<clipt::rows>{24});  // error here
  // remedy: const auto y = clipt::reshape(clipt::eval(ctx, x + 1), clipt::shape<clipt::rows>{24});
}
