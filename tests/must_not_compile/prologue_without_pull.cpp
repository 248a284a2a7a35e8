// An op of one's own without a gradient, in the statement that a row operation of a recording is given.
// expect: clipt: each op of a statement that is recorded has a static `pull(x..., y, g, gx&...)`, its gradient: one has none
// expect: gradient_of<softsign>::is_defined
#include <clipt/nn/rows.hpp>

struct softsign {
  template <class T>
  static T apply(T x) {
    return x / (T(1) + abs(x));
  }
};

int main() {
  clipt::recording<> ctx;
  const clipt::parameter<clipt::fp32, 16> x;
  const auto y = clipt::softmax(ctx, 2 * clipt::apply<softsign>(x));  // error here
}
