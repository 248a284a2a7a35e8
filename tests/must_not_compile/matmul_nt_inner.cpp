// A product with a transposed factor that should not be transposed.
// expect: clipt::matmul: lhs [M, K] x rhs [K, N]: the two K differ; matmul_nt takes rhs [N, K], matmul_tn lhs [K, M]
// expect: extents<512, 768>::equal
#include <clipt/nn/products.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 512>> x(256);
  const clipt::tensor<float, clipt::shape<512, 768>> projection;
  const auto y = clipt::matmul_nt(ctx, x, projection);  // error here
  // remedy: const auto y = clipt::matmul(ctx, x, projection);
}
