// CLIP on the emulated GPU.
#include <clipt/cuda.hpp>

#include "tower_tests.hpp"

namespace clipt::test {

TEST(towers, a_step_neither_waits_nor_allocates) {
  clip_training<on<fp32, gpu>> training(9);
  const auto step = [&] { training.step([](const auto&, const auto&) {}); };
  step();
  step();
  const long allocations = on_cuda::emulator::allocations, waits = on_cuda::emulator::waits;
  step();
  EXPECT_EQ(on_cuda::emulator::allocations, allocations);
  EXPECT_EQ(on_cuda::emulator::waits, waits);
  training.step([&](const auto& loss, const auto&) { item(training.ctx, loss); });
  EXPECT_EQ(on_cuda::emulator::waits, waits + 1);  // who looks at a number waits
}

}  // namespace clipt::test
