// The largest of windows of integers.
// expect: clipt::max_pool2d: elements are floating: they are integers; use cast<float>(x)
// expect: numbers<int>::are_floating
#include <clipt/nn/pooling.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<std::int32_t, clipt::shape<2, 8, 8, 3>> x;
  const auto y = clipt::max_pool2d<2>(ctx, x);  // error here
  // remedy: const auto y = clipt::max_pool2d<2>(ctx, clipt::cast<float>(x));
}
