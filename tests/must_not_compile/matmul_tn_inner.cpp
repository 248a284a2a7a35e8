// A transposed product of different batches.
// expect: clipt::matmul: lhs [M, K] x rhs [K, N]: the two K differ; matmul_nt takes rhs [N, K], matmul_tn lhs [K, M]
// expect: extents<-1, 64>::equal
#include <clipt/nn/products.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 512>> x(64);
  const clipt::tensor<float, clipt::shape<64, 768>> g;
  const auto y = clipt::matmul_tn(ctx, x, g);  // error here
}
