// Less in the place of more: a padding that cuts.
// expect: clipt::pad: numbers of places are 0 or more: one is negative; use slice
#include <clipt/nn/rearranging.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<5, 3>> x;
  const auto y = clipt::pad<0, -1, 0>(ctx, x);  // error here
  // remedy: const auto y = clipt::slice<0, 1, 4>(ctx, x);
}
