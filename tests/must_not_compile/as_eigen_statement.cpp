// A statement as a matrix of Eigen: it has no elements before it is evaluated.
// expect: clipt::as_eigen: a statement has no elements; write eval(ctx, x)
#include <clipt/autodiff/evaluate.hpp>
#include <clipt/eigen.hpp>

int main() {
  const clipt::tensor<float, clipt::shape<2, 3>> x;
  clipt::inference<> ctx;
  clipt::as_eigen(clipt::eval(ctx, 2 * x));
  clipt::as_eigen(2 * x);  // error here
  // remedy: clipt::as_eigen(clipt::eval(ctx, 2 * x));
}
