// Rows less their sums, which have lost the axis.
// expect: clipt: elementwise operands: right-aligned extents are equal, 1 or missing: two extents differ; a reduction keeps its axes, sum<1>(ctx, x, keep_axes)
// expect: broadcast<clipt::shape<-1, 512>, clipt::shape<-1>
#include <clipt/expr/operators.hpp>

int main() {
  const clipt::tensor<float, clipt::shape<clipt::batch, 512>> x(256);
  const clipt::tensor<float, clipt::shape<clipt::batch>> sums(256);         // of sum<1>(ctx, x)
  const clipt::tensor<float, clipt::shape<clipt::batch, 1>> as_ones(256);   // of sum<1>(ctx, x, keep_axes)
  const auto y = x - sums;  // error here
  // remedy: const auto y = x - as_ones;
}
