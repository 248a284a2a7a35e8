// An op of one's own that asks whether one number is less than another, where there are several.
// expect: clipt: an op computes several numbers at once, of which a comparison is no bool; write where(a < b, x, y)
// lines: 20
// internals: the error is in the function of one's own, and compilers show the way to it
#include <clipt/autodiff/evaluate.hpp>

struct distance {
  template <class T>
  static T apply(T a, T b) {
    if (a < b) return b - a;  // error here
    return a - b;             // error here
    // remedy: return where(a < b, b - a, a - b);
  }
};

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<16>> x, y;
  const auto z = clipt::eval(ctx, clipt::apply<distance>(x, y));
}
