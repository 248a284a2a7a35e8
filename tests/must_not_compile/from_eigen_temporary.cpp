// A view of a matrix without a name: its elements would be gone.
// expect: clipt::from_eigen: a temporary of Eigen: its elements would be gone; give it a name
// internals: the type of the matrix is an argument
#include <clipt/eigen.hpp>

using matrix = Eigen::Matrix<float, 2, 3, Eigen::RowMajor>;

matrix measured() { return matrix::Zero(); }

int main() {
  const auto x = clipt::from_eigen(measured());  // error here
  // remedy: const matrix named = measured();
  // remedy: const auto x = clipt::from_eigen(named);
}
