// An axis that is not there.
// expect: clipt::slice: x has the axis: it has fewer
// expect: rank_of<clipt::shape<-1, 768>
#include <clipt/nn/reshaping.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<clipt::batch, 768>> x(4);
  const auto y = clipt::slice<2, 0, 1>(ctx, x);  // error here
}
