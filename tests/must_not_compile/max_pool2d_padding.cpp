// So much padding that some windows would see nothing else.
// expect: clipt::max_pool2d: Padding is at most half of Window, so that each window sees a pixel: it is more
// expect: moving_window<3, 1, 2>::pads_by_half_at_most
#include <clipt/nn/pooling.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<2, 8, 8, 3>> x;
  const auto y = clipt::max_pool2d<3, 1, 2>(ctx, x);  // error here
}
