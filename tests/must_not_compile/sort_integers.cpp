// Integers put in order.
// expect: clipt::sort: elements are floating: integers are not computed with; use cast<float>(x)
// expect: numbers<int>
#include <clipt/nn/order.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<std::int32_t, clipt::shape<5>> x;
  const auto y = clipt::sort(ctx, x);  // error here
  // remedy: const auto y = clipt::sort(ctx, clipt::cast<float>(x));
}
