// One id for each element in the place of ids of rows.
// expect: clipt::index_select: ids [count]: they have another rank; reshape them, or use take_along
// expect: rank_of<clipt::shape<2, 1>
#include <clipt/nn/indexing.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<2, 3>> x;
  const clipt::tensor<std::int32_t, clipt::shape<2, 1>> best;
  const auto y = clipt::index_select<1>(ctx, x, best);  // error here
  // remedy: const auto y = clipt::take_along<1>(ctx, x, best);
}
