// An op of one's own without a gradient, in a recording.
// expect: clipt: each op of a statement that is recorded has a static `pull(x..., y, g, gx&...)`, its gradient: one has none
// expect: gradient_of<softsign>::is_defined
#include <clipt/autodiff/evaluate.hpp>

struct softsign {
  template <class T>
  static T apply(T x) {
    return x / (T(1) + abs(x));
  }
};

int main() {
  clipt::recording<> ctx;
  const clipt::parameter<clipt::fp32, 16> x;
  const auto y = clipt::eval(ctx, clipt::apply<softsign>(x));  // error here
}
