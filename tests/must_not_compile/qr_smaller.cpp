// A matrix of which the types do not tell whether it is tall or wide.
// expect: clipt::qr: a [..., m, n]: the types do not tell which of m and n is smaller; give its extent, qr<columns>(ctx, a)
// expect: is_known
#include <clipt/nn/decompositions.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 512>> a(3);
  const auto parts = clipt::qr(ctx, a);  // error here
  // remedy: const auto parts = clipt::qr<clipt::batch>(ctx, a);
}
