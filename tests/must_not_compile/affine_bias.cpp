// A bias that belongs to the input instead of the output.
// expect: clipt::affine: bias [out], weight [out, in]: the two out differ
// expect: extents<768, 512>::equal
#include <clipt/nn/products.hpp>

int main() {
  clipt::recording<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 768>> x(4);
  const clipt::parameter<clipt::fp32, 512, 768> weight;
  const clipt::parameter<clipt::fp32, 768> bias;
  const auto y = clipt::affine(ctx, x, weight, bias);  // error here
}
