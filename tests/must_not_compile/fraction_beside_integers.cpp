// Integers compared with a number that would be rounded.
// expect: clipt: elementwise operands: a number beside integers is one: it would be rounded; use cast<float>(x)
// expect: number_beside<int, double>::is_kept
#include <clipt/autodiff/evaluate.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<std::int32_t, clipt::shape<3>> ids;
  clipt::eval(ctx, ids < 2.5);  // error here
  // remedy: clipt::eval(ctx, clipt::cast<float>(ids) < 2.5);
}
