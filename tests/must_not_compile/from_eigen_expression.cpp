// A view of an expression of Eigen, which has no elements.
// expect: clipt::from_eigen: an expression of Eigen has no elements; write assign(tensor, expression)
// internals: the type of the expression is an argument
#include <clipt/eigen.hpp>

int main() {
  const Eigen::MatrixXf m(2, 3);
  clipt::tensor<float, clipt::shape<2, 3>> x;
  clipt::assign(x, 2 * m);
  clipt::from_eigen(2 * m);  // error here
  // remedy: clipt::assign(x, 2 * m);
}
