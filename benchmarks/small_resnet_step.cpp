// The small ModifiedResNet's training step, on batches of 256 pairs.
#include <clipt/clip/presets.hpp>  // resnet_64

#include "models.hpp"  // training_step

namespace {

void small_resnet_step(benchmark::State& state) { bench::training_step<clipt::resnet_64>(state, 6); }
BENCHMARK(small_resnet_step)->Arg(256)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
