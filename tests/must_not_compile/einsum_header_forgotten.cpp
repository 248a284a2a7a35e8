// Lettered products without their header.
// expect: clipt::einsum: einsum<text>(ctx, x, y), of <clipt/nn/einsum.hpp>: this call is another one, or the header is not included
// expect: call<10
#include <clipt/nn/layers.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<3, 3>> x;
  const auto y = clipt::einsum<"ij,jk->ik">(ctx, x, x);  // error here
  // remedy: const auto y = clipt::matmul(ctx, x, x);
}
