// Two batches one after the other: the type of the result needs a name for their sum.
// expect: clipt::concat: a runtime extent of the result has a name: it has none; give it, concat<axis, rows>(ctx, a, b)
#include <clipt/nn/reshaping.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 8>> a(3), b(4);
  const auto both = clipt::concat<0>(ctx, a, b);  // error here
  // remedy: const auto both = clipt::concat<0, clipt::rows>(ctx, a, b);
}
