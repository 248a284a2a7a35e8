// A result whose extent is known at run time alone, and so needs a name.
// expect: clipt::pad: a runtime extent of the result has a name: it has none; give it, pad<axis, before, after, rows>(ctx, x)
// expect: result_extent<0>
#include <clipt/nn/rearranging.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 3>> x(2);
  const auto y = clipt::pad<0, 1, 1>(ctx, x);  // error here
  // remedy: const auto y = clipt::pad<0, 1, 1, clipt::rows>(ctx, x);
}
