// Places of elements as floats.
// expect: clipt: elements by number: ids are integers: they are not; use cast<std::int32_t>(ids)
// expect: ids_of<float>
#include <clipt/nn/indexing.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<2, 3>> x;
  const clipt::tensor<float, clipt::shape<4>> ids;
  const auto y = clipt::index_select<1>(ctx, x, ids);  // error here
  // remedy: const auto y = clipt::index_select<1>(ctx, x, clipt::cast<std::int32_t>(ids));
}
