// ViT-B/32's training step, on batches of 8 pairs and of 32.
#include "models.hpp"  // training_step

namespace {

void vit_b_32_step(benchmark::State& state) { bench::training_step<clipt::vit_b_32>(state, 8); }
BENCHMARK(vit_b_32_step)->Arg(8)->Arg(32)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
