// The main function of tests on a real GPU; without one it says so and exits with 77, which ctest shows as skipped.
#include <gtest/gtest.h>

#include <cstdio>  // puts

#include <clipt/cuda/runtime.cuh>  // device_count

#include "second_run.hpp"

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
