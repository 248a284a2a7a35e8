// A class token in double precision in front of floats.
// expect: clipt::prepend_token: element types are the same: they differ; use cast<T>(x)
// expect: element_types<double, float>::equal
#include <clipt/nn/reshaping.hpp>

int main() {
  clipt::inference<> ctx;
  const clipt::parameter<clipt::fp64, 64> token;
  const clipt::tensor<float, clipt::shape<clipt::batch, 49, 64>> x(2);
  const auto y = clipt::prepend_token(ctx, token, x);  // error here
  // remedy: const auto y = clipt::prepend_token(ctx, clipt::cast<float>(token), x);
}
