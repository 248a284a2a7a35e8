// A softmax of a single number.
// expect: clipt::softmax: x [..., width]: x is a scalar
// expect: rank_of<clipt::shape<
#include <clipt/nn/rows.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<>> x;
  const auto y = clipt::softmax(ctx, x);  // error here
}
