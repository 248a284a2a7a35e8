// A part that is computed again and captured a local variable by reference, which is gone by then.
// expect: clipt::checkpoint: f runs again in the backward, when what it captured by reference may be gone: it captures by reference, or an owner; capture numbers and addresses by value, [scale, part = &layer]
#include <clipt/autodiff/checkpoint.hpp>

auto block(auto& ctx, const auto& x) {
  const float scale = 3;
  const auto by_value = [scale](auto& c, const auto& a) { return clipt::eval(c, scale * a); };
  const auto by_reference = [&](auto& c, const auto& a) { return clipt::eval(c, scale * a); };
  return clipt::checkpoint(ctx, by_reference, clipt::checkpoint(ctx, by_value, x));  // error here
  // remedy: return clipt::checkpoint(ctx, [scale, part = &by_value](auto& c, const auto& a) { return (*part)(c, clipt::eval(c, scale * a)); }, x);
}

int main() {
  const clipt::tensor<float, clipt::shape<4>> x;
  clipt::recording<> ctx;
  block(ctx, ctx.variable(x));
}
