// Numbers of two types one after the other.
// expect: clipt::concat: element types are the same: they differ; use cast<T>(x)
// expect: element_types<float, double>::equal
#include <clipt/nn/reshaping.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<2, 8>> a;
  const clipt::tensor<double, clipt::shape<2, 8>> b;
  const auto both = clipt::concat<0>(ctx, a, b);  // error here
  // remedy: const auto both = clipt::concat<0>(ctx, a, clipt::cast<float>(b));
}
