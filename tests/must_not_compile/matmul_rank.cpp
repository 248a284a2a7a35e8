// A matrix product with a vector by one of the forms for matrices.
// expect: clipt::matmul: lhs [..., M, K] x rhs [..., K, N]: an operand has fewer axes; only matmul takes vectors, [K], and a number is multiplied by *
// expect: rank_of<clipt::shape<512>
#include <clipt/nn/products.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 512>> x(256);
  const clipt::tensor<float, clipt::shape<512>> direction;
  const auto y = clipt::matmul_nt(ctx, x, direction);  // error here
  // remedy: const auto y = clipt::matmul(ctx, x, direction);
}
