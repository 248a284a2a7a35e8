// A result seen as memory of one's own, behind which no gradient would come.
// expect: clipt::view_of: memory of one's own: this is an array of clipt, whose gradient would stop here; write reshape(x, shape)
#include <clipt/memory/tensor.hpp>
#include <clipt/nn/reshaping.hpp>

int main() {
  clipt::recording<> ctx;
  const clipt::parameter<clipt::fp32, 4> w;
  const auto y = clipt::eval(ctx, 2 * w);
  const auto z = clipt::view_of(y, clipt::shape<2, 2>{});  // error here
  // remedy: const auto z = clipt::reshape(y, clipt::shape<2, 2>{});
}
