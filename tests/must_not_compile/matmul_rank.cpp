// A matrix product with a vector.
// expect: clipt::matmul: lhs [..., M, K] x rhs [..., K, N]: an operand has fewer than two axes; reshape it to a row or a column
// expect: rank_of<clipt::shape<512>
#include <clipt/nn/products.hpp>
#include <clipt/nn/reshaping.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 512>> x(256);
  const clipt::tensor<float, clipt::shape<512>> direction;
  const auto y = clipt::matmul(ctx, x, direction);  // error here
  // remedy: const auto y = clipt::matmul(ctx, x, clipt::reshape<clipt::shape<512, 1>>(direction));
}
