// Doubles added to floats at places.
// expect: clipt::scatter_add: element types are the same: they differ; use cast<T>(source)
// expect: element_types<float, double>
#include <clipt/nn/indexing.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<2, 3>> x;
  const clipt::tensor<double, clipt::shape<2, 3>> source;
  const clipt::tensor<std::int32_t, clipt::shape<2>> ids;
  const auto y = clipt::scatter_add<0>(ctx, x, ids, source);  // error here
  // remedy: const auto y = clipt::scatter_add<0>(ctx, x, ids, clipt::cast<float>(source));
}
