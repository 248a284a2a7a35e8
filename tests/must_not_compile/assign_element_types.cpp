// An expression of doubles in a tensor of floats.
// expect: clipt::assign: element types are the same: they differ; use expression.cast<T>()
// internals: the type of the expression is an argument
#include <clipt/eigen.hpp>

int main() {
  const Eigen::MatrixXd m(2, 3);
  clipt::tensor<float, clipt::shape<2, 3>> x;
  clipt::assign(x, m.cast<float>());
  clipt::assign(x, m);  // error here
  // remedy: clipt::assign(x, m.cast<float>());
}
