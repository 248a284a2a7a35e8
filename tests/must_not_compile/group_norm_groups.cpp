// Groups of a number that does not divide the channels.
// expect: clipt::group_norm: Groups divides the channels: it does not
// expect: divides<5, 32>::evenly
#include <clipt/nn/group_norm.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 8, 8, 32>> x(2);
  const clipt::parameter<clipt::fp32, 32> weight, bias;
  const auto y = clipt::group_norm<5>(ctx, x, weight, bias);  // error here
}
