// Row operations and sums over rows of integers.
// internals: row_op, where the rule of all row operations stands
// lines: 12
// expect: clipt: an operation along rows: elements are floating: integers are not computed with; use cast<float>(x)
// expect: clipt::column_sum: elements are floating: integers are not computed with; use cast<float>(x)
// expect: numbers<int>::are_floating
#include <clipt/nn/reductions.hpp>
#include <clipt/nn/rows.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<std::int32_t, clipt::shape<3, 4>> counts;
  const auto y = clipt::row_sum(ctx, counts);     // error here
  // remedy: const auto y = clipt::row_sum(ctx, clipt::cast<float>(counts));
  const auto z = clipt::column_sum(ctx, counts);  // error here
  // remedy: const auto z = clipt::column_sum(ctx, clipt::cast<float>(counts));
}
