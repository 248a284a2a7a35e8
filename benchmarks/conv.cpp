// Convolutions of a small residual network on 64 x 64 pixels, batch 256, and of CLIP's own stem: forward and gradients.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include <clipt/eval/cpu_conv.hpp>         // conv2d, conv2d_backward_input
#include <clipt/eval/cpu_conv_weight.hpp>  // conv2d_backward_weight

namespace {

using namespace clipt::on_cpu;
using clipt::conv_geometry;
using clipt::dim_t;

struct layer {
  const char* name;
  conv_geometry g;  // batch, height, width, in, out, kernel, stride, padding
};

const layer layers[] = {
    {"3_32_5x5_stride_2", {256, 64, 64, 3, 32, 5, 2, 2}},   {"32_32_at_32", {256, 32, 32, 32, 32, 3, 1, 1}},
    {"32_64_stride_2", {256, 32, 32, 32, 64, 3, 2, 1}},     {"64_64_at_16", {256, 16, 16, 64, 64, 3, 1, 1}},
    {"64_128_stride_2", {256, 16, 16, 64, 128, 3, 2, 1}},   {"128_128_at_8", {256, 8, 8, 128, 128, 3, 1, 1}},
    {"128_256_stride_2", {256, 8, 8, 128, 256, 3, 2, 1}},   {"256_256_at_4", {256, 4, 4, 256, 256, 3, 1, 1}},
    {"32_64_1x1_stride_2", {256, 32, 32, 32, 64, 1, 2, 0}}, {"clip_stem_1", {8, 224, 224, 3, 32, 3, 2, 1}},
    {"clip_stem_2", {8, 112, 112, 32, 32, 3, 1, 1}},        {"clip_stem_3_one_image", {1, 112, 112, 32, 64, 3, 1, 1}},
};

enum class part { forward, input_gradient, weight_gradient };

void run(benchmark::State& state, const conv_geometry& g, part what) {
  const int threads = int(state.range(0));
  const auto outputs = std::size_t(g.batch * g.out_height() * g.out_width() * g.out);
  std::vector<float> x(std::size_t(g.batch * g.height * g.width * g.in), 0.5f), y(outputs, 0.25f),
      w(std::size_t(g.out * g.depth()), 0.125f), scratch(std::size_t(conv2d_scratch(g)));
  for (auto _ : state) {
    if (what == part::forward) conv2d(g, x.data(), w.data(), y.data(), scratch.data(), threads);
    if (what == part::input_gradient)
      conv2d_backward_input(g, y.data(), w.data(), x.data(), update::store, scratch.data(), threads);
    if (what == part::weight_gradient)
      conv2d_backward_weight(g, x.data(), y.data(), w.data(), update::store, scratch.data(), threads);
  }
  state.counters["flop/s"] =
      benchmark::Counter(2.0 * double(outputs) * double(g.depth()), benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace

int main(int argc, char** argv) {
  for (const layer& l : layers)
    for (auto [name, what] : {std::pair{"forward", part::forward}, std::pair{"dx", part::input_gradient},
                              std::pair{"dw", part::weight_gradient}})
      benchmark::RegisterBenchmark((std::string(l.name) + "/" + name).c_str(), run, l.g, what)
          ->ArgName("threads")
          ->Arg(1)
          ->Arg(2)
          ->UseRealTime()
          ->Unit(benchmark::kMillisecond);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
