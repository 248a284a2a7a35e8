// A width that only a run knows: heads are cut from it at compile time.
// expect: clipt::cross_attention: the width of q [..., width] is known at compile time: it is not
// expect: static_extent<-7>::known
#include <clipt/nn/attention.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::tokens, clipt::width>> x(6, 8);
  const clipt::sequence_rows rows{nullptr, 2, 3};
  const auto y = clipt::cross_attention<1>(ctx, x, x, x, rows, rows);  // error here
}
