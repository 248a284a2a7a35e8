// An op of one's own that writes its gradient into a copy.
// expect: clipt: each op of a statement that is recorded has a static `pull(x..., y, g, gx&...)`, its gradient: one has none, or one with other arguments or a gx that is no reference
// expect: gradient_of<scaled>::is_defined
#include <clipt/autodiff/evaluate.hpp>

struct scaled {
  template <class T>
  static T apply(T a, T b) {
    return a * b;
  }
  template <class T>
  static void pull(T a, T b, T, T g, T& ga, T gb) {  // and T& gb?
    ga = g * b;
    gb = g * a;
  }
};

int main() {
  clipt::recording<> ctx;
  const clipt::parameter<clipt::fp32, 16> x;
  const auto y = clipt::eval(ctx, clipt::apply<scaled>(x, x));  // error here
}
