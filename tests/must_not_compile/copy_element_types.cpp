// A copy into an array of another element type.
// expect: clipt::copy: the two element types are the same: they differ; use cast<T>(x)
// expect: element_types<double, float>::equal
#include <clipt/nn/copy.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<double, clipt::shape<3>> from;
  clipt::tensor<float, clipt::shape<3>> to;
  clipt::copy(ctx, from, to);  // error here
  // remedy: clipt::copy(ctx, clipt::cast<float>(from), to);
}
