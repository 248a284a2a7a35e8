// A part that reaches beyond its axis.
// expect: clipt::slice: [begin, begin + count) lies within the axis: it does not
// expect: of<768>::fits
#include <clipt/nn/reshaping.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 768>> x(4);
  const auto y = clipt::slice<1, 512, 512>(ctx, x);  // error here
}
