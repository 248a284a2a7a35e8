// A product with a transposed factor that should not be transposed.
// expect: clipt::matmul_nt: lhs [M, K] x rhs [N, K] transposed: the two K differ
// expect: extents<512, 768>::equal
#include <clipt/nn/products.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 512>> x(256);
  const clipt::tensor<float, clipt::shape<512, 768>> projection;
  const auto y = clipt::matmul_nt(ctx, x, projection);  // error here
}
