// Ids of neither the source's extent along the axis nor its shape.
// expect: clipt::scatter_add: ids [count], with a source of that extent along the axis, or of the source's shape: they have another
// expect: ids_for<0, clipt::shape<2, 5>, clipt::shape<2, 3>
#include <clipt/nn/indexing.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<4, 5>> x;
  const clipt::tensor<float, clipt::shape<2, 5>> source;
  const clipt::tensor<std::int32_t, clipt::shape<2, 3>> ids;
  const auto y = clipt::scatter_add<0>(ctx, x, ids, source);  // error here
}
