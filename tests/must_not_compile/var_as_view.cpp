// A function that takes the result of a recording as a view, in which its gradient would stop.
// expect: clipt::view: a view carries no gradient: this is the result of a recording, whose gradient would stop here; write detach(x) if it should, else take it as const auto&
#include <clipt/nn/reductions.hpp>

auto penalty(auto& ctx, clipt::view<const float, clipt::shape<2>> x) { return clipt::mean(ctx, 100 * square(x)); }

int main() {
  const clipt::parameter<clipt::fp32, 2> p;
  clipt::recording<> ctx;
  const auto y = clipt::eval(ctx, 1 * p);
  const auto loss = penalty(ctx, y);  // error here
  // remedy: const auto whole = [&](const auto& z) { return clipt::mean(ctx, 100 * square(z)); }(y);
  // remedy: const auto stopped = penalty(ctx, clipt::detach(y));
}
