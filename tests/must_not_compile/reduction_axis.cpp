// A sum over an axis that is not there.
// expect: clipt: a reduction: x has the axes, and each is named once: it is not so
// expect: axes_of<clipt::shape<2, 3>
#include <clipt/nn/axis_reductions.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<2, 3>> x;
  const auto y = clipt::sum<2>(ctx, x);  // error here
}
