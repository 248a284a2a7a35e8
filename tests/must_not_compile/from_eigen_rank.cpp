// A matrix of Eigen as pictures.
// expect: clipt::from_eigen: a matrix has two axes, a vector one or two: the shape has another rank; reshape it
// internals: the type of the matrix is an argument
#include <clipt/eigen.hpp>
#include <clipt/nn/reshaping.hpp>

int main() {
  const Eigen::Matrix<float, 4, 12, Eigen::RowMajor> m;
  const auto x = clipt::from_eigen<clipt::shape<4, 2, 2, 3>>(m);  // error here
  // remedy: const auto x = clipt::reshape<clipt::shape<4, 2, 2, 3>>(clipt::from_eigen(m));
}
