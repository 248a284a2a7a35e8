// A gain of another width.
// expect: clipt::rms_norm: x [..., width], weight [width]: the two widths differ
// expect: extents<768, 512>::equal
#include <clipt/nn/rows.hpp>

int main() {
  clipt::recording<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 768>> x(4);
  const clipt::parameter<clipt::fp32, 512> weight;
  const auto y = clipt::rms_norm(ctx, x, weight);  // error here
}
