// A normalisation of another width.
// expect: clipt::layer_norm: x [..., width], weight [width]: the two widths differ
// expect: extents<768, 512>::equal
#include <clipt/nn/layer_norm.hpp>

int main() {
  clipt::recording<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 50, 768>> x(4);
  const clipt::parameter<clipt::fp32, 512> weight, bias;
  const auto y = clipt::layer_norm(ctx, x, weight, bias);  // error here
}
