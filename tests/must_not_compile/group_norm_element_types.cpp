// A gain in double precision for pictures of floats.
// expect: clipt::group_norm: element types are the same: they differ; use cast<T>(x)
// expect: element_types<float, double>::equal
#include <clipt/nn/group_norm.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<2, 8, 8, 32>> x;
  const clipt::parameter<clipt::fp64, 32> weight, bias;
  const auto y = clipt::group_norm<4>(ctx, x, weight, bias);  // error here
  // remedy: const auto y = clipt::group_norm<4>(ctx, clipt::cast<double>(x), weight, bias);
}
