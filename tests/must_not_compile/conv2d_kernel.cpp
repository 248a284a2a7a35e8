// A kernel that is larger than the picture, of which it would make nothing.
// expect: clipt::conv2d: the kernel lies within the picture and its padding: it is larger
// expect: moving_window<3, 1, 0>::lies_in<2>
#include <clipt/nn/convolution.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 2, 2, 3>> x(4);
  const clipt::tensor<float, clipt::shape<8, 3, 3, 3>> filters;
  const auto y = clipt::conv2d<1, 0>(ctx, x, filters);  // error here
  // remedy: const auto y = clipt::conv2d<1, 1>(ctx, x, filters);
}
