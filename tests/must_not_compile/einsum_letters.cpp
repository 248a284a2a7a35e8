// A lettered product whose letters are more than the axes.
// expect: clipt::einsum: one letter for each axis of each operand: an operand has more or fewer
#include <clipt/nn/einsum.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<2, 3>> x;
  const auto y = clipt::einsum<"ij,jk->ik">(ctx, x);  // error here
}
