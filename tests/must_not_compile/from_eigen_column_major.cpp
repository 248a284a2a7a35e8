// A view of a column-major matrix: its rows do not lie in memory one after the other.
// expect: clipt::from_eigen: elements lie row by row: the matrix is column-major; from_eigen(m.transpose()) is its transpose, or declare it Eigen::RowMajor
// internals: the type of the matrix is an argument
#include <clipt/eigen.hpp>

int main() {
  const Eigen::MatrixXf m(2, 3);
  clipt::from_eigen(m);  // error here
  // remedy: clipt::from_eigen(m.transpose());
  // remedy: const Eigen::Matrix<float, 2, 3, Eigen::RowMajor> declared;
  // remedy: clipt::from_eigen(declared);
  clipt::from_eigen(m.transpose());
}
