// Labels as floats.
// expect: clipt::cross_entropy: labels are std::int32_t: another element type is given; use cast<std::int32_t>(labels)
// expect: element_types<float, int>::equal
#include <clipt/nn/cross_entropy.hpp>

int main() {
  clipt::recording<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 10>> logits(4);
  const clipt::tensor<float, clipt::shape<clipt::batch>> labels(4);
  const auto loss = clipt::cross_entropy(ctx, logits, labels);  // error here
  // remedy: const auto loss = clipt::cross_entropy(ctx, logits, clipt::cast<std::int32_t>(labels));
}
