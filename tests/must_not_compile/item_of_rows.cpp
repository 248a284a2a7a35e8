// The one number of an array with axes.
// expect: clipt::item: x is a scalar: it has axes; reduce it with sum or mean
// expect: elements<clipt::shape<4>
#include <clipt/nn/copy.hpp>
#include <clipt/nn/reductions.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<4>> x;
  const auto y = clipt::eval(ctx, 2 * x);
  const float number = clipt::item(ctx, y);  // error here
  // remedy: const float total = clipt::item(ctx, clipt::sum(ctx, y));
  // remedy: const float average = clipt::item(ctx, clipt::mean(ctx, y));
}
