// A layer in double precision of floats.
// expect: clipt::affine: element types are the same: x and weight differ; use cast<T>(x)
// expect: element_types<float, double>::equal
#include <clipt/nn/layers.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<4, 512>> x;
  const clipt::linear<clipt::fp64, 512, 10> head;
  const auto y = head(ctx, x);  // error here
  // remedy: const auto y = head(ctx, clipt::cast<double>(x));
}
