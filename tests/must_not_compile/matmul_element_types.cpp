// A product of numbers of two types.
// expect: clipt::matmul: element types are the same: they differ; use cast<T>(x)
// expect: element_types<float, double>::equal
#include <clipt/nn/products.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<4, 512>> x;
  const clipt::tensor<double, clipt::shape<512, 10>> weight;
  const auto y = clipt::matmul(ctx, x, weight);  // error here
  // remedy: const auto y = clipt::matmul(ctx, x, clipt::cast<float>(weight));
}
