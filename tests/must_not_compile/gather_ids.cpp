// Ids of 64 bits.
// expect: clipt::gather: ids are std::int32_t: another element type is given; use cast<std::int32_t>(ids)
// expect: element_types<long
// expect: int>::equal
#include <clipt/nn/gather.hpp>

int main() {
  clipt::recording<> ctx;
  const clipt::parameter<clipt::fp32, 1000, 64> table;
  const clipt::tensor<std::int64_t, clipt::shape<clipt::batch, 77>> ids(4);
  const auto rows = clipt::gather(ctx, table, ids);  // error here
  // remedy: const auto rows = clipt::gather(ctx, table, clipt::cast<std::int32_t>(ids));
}
