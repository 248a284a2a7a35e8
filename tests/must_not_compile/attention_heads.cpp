// Heads that do not divide the width.
// expect: clipt::self_attention: the number of heads divides the width: it does not
// expect: divides<7, 512>::evenly
#include <clipt/nn/attention.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 77, 1536>> qkv(2);
  const auto y = clipt::self_attention<7>(ctx, qkv);  // error here
}
