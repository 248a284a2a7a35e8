// Encoders of released models: one picture, 32 pictures, 32 captions of 8 to 16 tokens.
#include "models.hpp"  // made_up

namespace {

template <auto Config>
void image(benchmark::State& state) {
  const bench::made_up<Config> given(state.range(0), 8);
  clipt::inference<> ctx;
  const auto call = [&] {
    ctx.reset();
    benchmark::DoNotOptimize(given.model.encode_image(ctx, given.images).data());
  };
  call();
  for (auto _ : state) call();
  bench::report(state, bench::image_operations(Config.vision, Config.embed, state.range(0)).forward);
}

void vit_b_32_image(benchmark::State& state) { image<clipt::vit_b_32>(state); }
void rn50_image(benchmark::State& state) { image<clipt::rn50>(state); }
BENCHMARK(vit_b_32_image)->Arg(1)->Arg(32)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(rn50_image)->Arg(1)->Arg(32)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);

void text(benchmark::State& state) {
  constexpr auto config = clipt::vit_b_32;
  const bench::made_up<config> given(state.range(0), 8);
  clipt::inference<> ctx;
  const auto call = [&] {
    ctx.reset();
    benchmark::DoNotOptimize(given.model.encode_text(ctx, given.captions()).data());
  };
  call();
  for (auto _ : state) call();
  bench::report(state, bench::text_operations(config.text, config.embed, given.lengths).forward);
}
BENCHMARK(text)->Arg(32)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
