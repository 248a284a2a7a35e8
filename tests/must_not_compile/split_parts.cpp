// An axis that cannot be split into equal parts.
// expect: clipt::split: the number of parts divides the axis: it does not
// expect: divides<3, 512>::evenly
#include <clipt/nn/reshaping.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 512>> qkv(4);
  const auto parts = clipt::split<-1, 3>(ctx, qkv);  // error here
}
