// A product whose inner extents differ.
// expect: clipt::matmul: lhs [M, K] x rhs [K, N]: the two K differ
// expect: extents<512, 768>::equal
#include <clipt/nn/products.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 512>> x(256);
  const clipt::tensor<float, clipt::shape<768, 49408>> table;
  const auto y = clipt::matmul(ctx, x, table);  // error here
}
