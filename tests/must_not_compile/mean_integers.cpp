// The mean of integers, which an integer does not hold.
// expect: clipt::sum: elements are floating: integers are not computed with; use cast<float>(x)
// expect: clipt::mean: elements are floating: integers are not computed with; use cast<float>(x)
// expect: numbers<int>::are_floating
#include <clipt/nn/reductions.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<std::int32_t, clipt::shape<4>> counts;
  const auto y = clipt::mean(ctx, counts);   // error here
  // remedy: const auto y = clipt::mean(ctx, clipt::cast<float>(counts));
  const auto z = clipt::sum(ctx, counts);    // error here
  // remedy: const auto z = clipt::sum(ctx, clipt::cast<float>(counts));
}
