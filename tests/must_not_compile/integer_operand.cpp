// A number with a fraction beside integers; the remedy is in tests/expr/operators_test.cpp.
// expect: clipt: elementwise operands: elements are floating: integers are not computed with; use cast<float>(x)
// expect: numbers<int>::are_floating
#include <clipt/autodiff/evaluate.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::tensor<std::int32_t, clipt::shape<3>> ids;
  const auto y = clipt::eval(ctx, ids * 0.5);  // error here
  // remedy: const auto y = clipt::eval(ctx, clipt::cast<float>(ids) * 0.5);
}
