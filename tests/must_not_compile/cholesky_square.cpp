// A matrix that is not square.
// expect: clipt: a of this function is square, [..., n, n]: its last two extents differ; see least_squares, qr and svd
// expect: extents<8, 5>::equal
#include <clipt/nn/decompositions.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 8, 5>> a(3);
  const auto l = clipt::cholesky(ctx, a);  // error here
  // remedy: const auto factors = clipt::qr(ctx, a);
}
