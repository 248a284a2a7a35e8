// A tensor without a name as a matrix of Eigen: its elements would be gone.
// expect: clipt::as_eigen: a temporary tensor or parameter: its elements would be gone; give it a name
#include <clipt/eigen.hpp>

int main() {
  clipt::as_eigen(clipt::tensor<float, clipt::shape<2, 3>>());  // error here
  // remedy: const clipt::tensor<float, clipt::shape<2, 3>> named;
  // remedy: clipt::as_eigen(named);
}
