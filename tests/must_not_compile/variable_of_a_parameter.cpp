// A variable of a parameter: the parameter's own gradient would stay empty.
// expect: clipt::variable: a parameter has a gradient of its own, which would get nothing; use it as it is
#include <clipt/autodiff/evaluate.hpp>

int main() {
  const clipt::parameter<clipt::fp32, 3> weight;
  clipt::recording<> ctx;
  const auto y = clipt::eval(ctx, 2 * ctx.variable(weight));  // error here
  // remedy: const auto y = clipt::eval(ctx, 2 * weight);
}
