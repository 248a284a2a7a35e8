// A context of the CPU is given what lies on a GPU.
// expect: clipt::eval: the context and the operands are on one device: they differ; copy one of them
// expect: devices<clipt::cuda, clipt::cpu>::equal
#include <clipt/autodiff/evaluate.hpp>

int main() {
  clipt::inference<clipt::cpu> ctx;
  const clipt::view<const float, clipt::shape<3>, clipt::cuda> x{};
  const auto y = clipt::eval(ctx, 2 * x);  // error here
}
