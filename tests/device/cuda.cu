// All operations on a real GPU; without one the program says so and exits with 77, which ctest shows as skipped.
#include <clipt/cuda.hpp>

#include "device_tests.hpp"

namespace clipt::test {

second_run::second_run() {}
second_run::~second_run() {}

}  // namespace clipt::test

int main(int argc, char** argv) {
  if (clipt::on_cuda::device_count() == 0) {
    std::puts("skipped: no CUDA device");
    return 77;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
