// Queries alone where queries, keys and values stand side by side.
// expect: clipt::self_attention: qkv [..., 3 width]: the last extent is not a multiple of 3
// expect: divides<3, 512>::evenly
#include <clipt/nn/attention.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 77, 512>> q(2);
  const auto y = clipt::self_attention<8>(ctx, q);  // error here
}
