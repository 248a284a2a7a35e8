// A function of std in an op of one's own.
// expect: clipt: an op computes several numbers at once, which are no double for a function of std; write sin(x), without std::
// lines: 32
// internals: the way from the statement to the op leads through the kernel
#include <cmath>
#include <clipt/autodiff/evaluate.hpp>

struct wave {
  template <class T>
  static T apply(T x) {
    return std::sin(x);  // error here
    // remedy: return sin(x);
  }
};

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<3>> x;
  clipt::eval(ctx, clipt::apply<wave>(x));
}
