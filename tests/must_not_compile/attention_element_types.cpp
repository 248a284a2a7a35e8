// Keys of another element type than the queries.
// expect: clipt::attention: q, k and v have one element type: they differ; use cast<T>(x)
// expect: element_types<float, double>::equal
#include <clipt/nn/attention.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<float, clipt::shape<6, 8>> q, v;
  const clipt::tensor<double, clipt::shape<6, 8>> k;
  const clipt::sequence_rows rows{nullptr, 2, 3};
  const auto y = clipt::cross_attention<2>(ctx, q, k, v, rows, rows);  // error here
  // remedy: const auto y = clipt::cross_attention<2>(ctx, q, clipt::cast<float>(k), v, rows, rows);
}
