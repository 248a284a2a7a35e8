// A decomposition whose header is not included.
// expect: clipt::svd: svd(ctx, a), of <clipt/nn/decompositions.hpp>: this call is another one, or the header is not included
// expect: call<>::is_declared
#include <clipt/clip.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<3, 3>> x;
  const auto y = clipt::svd(ctx, x);  // error here
  // remedy: const auto y = clipt::softmax(ctx, x);
}
