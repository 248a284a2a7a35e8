// Rows of a table with three axes.
// expect: clipt::gather: table [rows, width]: the table has another rank; reshape it
#include <clipt/nn/gather.hpp>
#include <clipt/nn/reshaping.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<10, 2, 32>> table;
  const clipt::tensor<std::int32_t, clipt::shape<4>> ids;
  const auto y = clipt::gather(ctx, table, ids);  // error here
  // remedy: const auto y = clipt::gather(ctx, clipt::reshape<clipt::shape<10, 64>>(table), ids);
}
