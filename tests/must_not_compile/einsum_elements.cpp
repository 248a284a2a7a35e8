// A lettered product of 16-bit elements, and of two types.
// expect: clipt::einsum: elements are float or double: they are not; use cast<float>(x)
// expect: clipt::einsum: element types are the same: they differ; use cast<T>(x)
#include <clipt/nn/einsum.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<clipt::bfloat16, clipt::shape<2, 3>> x;
  const clipt::tensor<float, clipt::shape<3>> v;
  const auto y = clipt::einsum<"ij,j->i">(ctx, x, v);  // error here
  // remedy: const auto y = clipt::einsum<"ij,j->i">(ctx, clipt::cast<float>(x), v);
}
