// The result of a function that returns a tensor, straight into an operation.
// expect: clipt: a temporary tensor or parameter cannot be part of an expression: its elements would be gone; give it a name
#include <clipt/nn/rows.hpp>

clipt::tensor<float, clipt::shape<8, 10>> read_scores() { return {}; }

int main() {
  clipt::inference<> ctx;
  const auto y = clipt::softmax(ctx, read_scores());  // error here
  // remedy: const auto scores = read_scores();
  // remedy: const auto y = clipt::softmax(ctx, scores);
}
