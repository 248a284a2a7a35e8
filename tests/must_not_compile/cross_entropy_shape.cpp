// One-hot labels where class numbers are wanted.
// expect: clipt::cross_entropy: logits [..., classes], labels [...]: the leading extents differ
// expect: shapes<clipt::shape<-1>, clipt::shape<-1, 10>
#include <clipt/nn/cross_entropy.hpp>

int main() {
  clipt::recording<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 10>> logits(4);
  const clipt::tensor<std::int32_t, clipt::shape<clipt::batch, 10>> labels(4);
  const auto loss = clipt::cross_entropy(ctx, logits, labels);  // error here
}
