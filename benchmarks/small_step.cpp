// The small vision transformer's training step, on batches of 256 pairs.
#include <clipt/clip/presets.hpp>  // vit_64

#include "models.hpp"  // training_step

namespace {

void small_step(benchmark::State& state) { bench::training_step<clipt::vit_64>(state, 6); }
BENCHMARK(small_step)->Arg(256)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
