// Products of two batches of matrices, of different numbers.
// expect: clipt::matmul: lhs [..., M, K] x rhs [..., K, N]: leading extents are equal, 1 or missing: two differ
// expect: broadcast<clipt::shape<8>, clipt::shape<12>
#include <clipt/nn/products.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<8, 50, 64>> query;
  const clipt::tensor<float, clipt::shape<12, 64, 50>> key;
  const auto scores = clipt::matmul(ctx, query, key);  // error here
}
