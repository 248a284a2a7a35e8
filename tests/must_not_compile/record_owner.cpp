// A backward that captures an array that owns its elements.
// expect: clipt::record: a backward lives in an arena and is never destroyed; capture views and numbers, not owners
#include <clipt/autodiff/evaluate.hpp>

#include <vector>  // vector

int main() {
  clipt::recording<> ctx;
  const std::vector<float> kept(10);
  const auto out = ctx.output<float>(clipt::shape<10>{});
  const auto y = ctx.record(out, [kept](auto&, const auto&) {});  // error here
  // remedy: const auto y = ctx.record(out, [first = kept.data(), n = kept.size()](auto&, const auto&) {});
}
