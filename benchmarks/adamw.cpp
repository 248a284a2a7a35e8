// One step of AdamW over 2^24 parameters; memory is what it costs: four arrays read, three written.
#include <benchmark/benchmark.h>

#include <clipt/autodiff/evaluate.hpp>  // recording, eval
#include <clipt/memory/tensor.hpp>      // parameter
#include <clipt/nn/optim.hpp>           // adamw

namespace {

using namespace clipt;

constexpr dim_t count = dim_t{1} << 24;

struct model {
  parameter<fp32, count / 4096, 4096> weight;
  static constexpr auto names = fields("weight");
};

void adamw(benchmark::State& state) {
  model m;
  clipt::adamw<float> optimiser(m);
  recording<> ctx;
  tensor<float, shape<count / 4096, 4096>> g;
  for (dim_t i = 0; i < count; ++i) g[i] = static_cast<float>(i % 7) - 3;
  ctx.backward(eval(ctx, 1 * m.weight), g.view());
  const auto step = [&] { optimiser.step(1e-3, 1, static_cast<int>(state.range(0))); };
  step();  // touches the moments' pages
  for (auto _ : state) step();
  state.SetBytesProcessed(state.iterations() * 7 * count * static_cast<dim_t>(sizeof(float)));
}
BENCHMARK(adamw)->Arg(1)->Arg(2)->ArgName("threads")->MeasureProcessCPUTime()->UseRealTime()->Unit(
    benchmark::kMillisecond);

}  // namespace
