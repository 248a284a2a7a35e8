// Attention of integers.
// expect: clipt::attention: elements are float or double: they are not; use cast<float>(x)
// expect: elements_of<int>::are_float_or_double
#include <clipt/nn/attention.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<std::int32_t, clipt::shape<2, 5, 24>> qkv;
  const auto y = clipt::self_attention<2>(ctx, qkv);  // error here
  // remedy: const auto y = clipt::self_attention<2>(ctx, clipt::cast<float>(qkv));
}
