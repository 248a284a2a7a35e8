// A linear layer of another input width.
// expect: clipt::affine: x [..., in] x weight [out, in]: the two in differ
// expect: extents<768, 512>::equal
#include <clipt/nn/layers.hpp>

int main() {
  clipt::recording<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 768>> x(4);
  const clipt::linear<clipt::fp32, 512, 10> head;
  const auto y = head(ctx, x);  // error here
}
