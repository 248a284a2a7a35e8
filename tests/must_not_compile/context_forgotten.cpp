// A loss without the context that computes it.
// expect: clipt: operations take a context first; write eval(ctx, x)
// expect: first_argument<clipt::node
#include <clipt/nn/reductions.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<512>> x;
  clipt::mean(2 * x);  // error here
  // remedy: clipt::mean(ctx, 2 * x);
}
