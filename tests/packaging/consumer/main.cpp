// A program of another project: finds the headers and what they need, and links.
#include <clipt/core/config.hpp>  // CLIPT_VERSION_MAJOR
#include <clipt/core/philox.hpp>  // random_stream

#include <Eigen/Core>  // comes with clipt::tensor

int main() {
  const Eigen::Vector2f sample{clipt::random_stream{1}.uniform(0), clipt::random_stream{1}.uniform(1)};
  return CLIPT_VERSION_MAJOR == 0 && sample.allFinite() ? 0 : 1;
}
