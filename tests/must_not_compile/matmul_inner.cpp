// A product with a factor that lies by rows, as weights do.
// expect: clipt::matmul: lhs [M, K] x rhs [K, N]: the two K differ; matmul_nt takes rhs [N, K], matmul_tn lhs [K, M]
// expect: extents<512, 49408>::equal
#include <clipt/nn/products.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 512>> x(256);
  const clipt::tensor<float, clipt::shape<49408, 512>> table;
  const auto y = clipt::matmul(ctx, x, table);  // error here
  // remedy: const auto y = clipt::matmul_nt(ctx, x, table);
}
