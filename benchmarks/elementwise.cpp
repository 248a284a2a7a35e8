// One fused statement, quick_gelu(x + b) * y, beside Eigen's best expression of it, a copy, and its backward.
#include <benchmark/benchmark.h>

#include <Eigen/Core>  // Map
#include <cstring>     // memcpy
#include <vector>      // vector

#include <clipt/autodiff/evaluate.hpp>  // eval
#include <clipt/memory/tensor.hpp>      // tensor

namespace {

using namespace clipt;

constexpr dim_t rows = 16640, width = 768;

struct operands {
  tensor<float, shape<batch, width>> x{rows}, y{rows}, out{rows};
  tensor<float, shape<width>> b;

  operands() {
    for (dim_t i = 0; i < x.size(); ++i) {
      x[i] = static_cast<float>(i % 13) / 6 - 1;
      y[i] = static_cast<float>(i % 11) / 5 - 1;
    }
    for (dim_t i = 0; i < width; ++i) b[i] = static_cast<float>(i % 7) / 7;
  }
};

/// Bytes read and written: the counter by which statements and copies compare.
void moved(benchmark::State& state, int arrays) {
  state.SetBytesProcessed(state.iterations() * arrays * rows * width * static_cast<dim_t>(sizeof(float)));
}

void elementwise(benchmark::State& state) {
  operands o;
  inference<> ctx;
  ctx.settings.threads = static_cast<int>(state.range(0));
  const auto statement = [&] {
    ctx.reset();
    benchmark::DoNotOptimize(eval(ctx, quick_gelu(o.x + o.b) * o.y).data());
  };
  statement();  // touches the arena's pages
  for (auto _ : state) statement();
  moved(state, 3);
}

void elementwise_backward(benchmark::State& state) {
  operands o;
  recording<> ctx;
  ctx.settings.threads = static_cast<int>(state.range(0));
  const auto round = [&] {
    state.PauseTiming();
    ctx.reset();
    const auto x = ctx.variable(o.x), y = ctx.variable(o.y);
    const auto b = ctx.variable(o.b);
    const auto z = eval(ctx, quick_gelu(x + b) * y);
    state.ResumeTiming();
    ctx.backward(z, o.out.view());
  };
  for (auto _ : state) round();
  moved(state, 6);  // x, y and g are read, g once more where it is copied in; dx and dy are written
}

/// What a user of Eigen would write: row by row, with its own exp in lanes.
void eigen(benchmark::State& state) {
  operands o;
  using row = Eigen::Map<Eigen::Array<float, 1, width>>;
  const int threads = static_cast<int>(state.range(0));
  for (auto _ : state) {
    on_cpu::for_pieces(threads, rows, 20, [&](dim_t begin, dim_t end) {
      for (dim_t r = begin; r < end; ++r) {
        const auto h = row(o.x.data() + r * width) + row(o.b.data());
        row(o.out.data() + r * width) = h / (1.0f + (-1.702f * h).exp()) * row(o.y.data() + r * width);
      }
    });
    benchmark::ClobberMemory();
  }
  moved(state, 3);
}

void copy(benchmark::State& state) {
  operands o;
  const int threads = static_cast<int>(state.range(0));
  for (auto _ : state) {
    on_cpu::for_pieces(threads, rows, 20, [&](dim_t begin, dim_t end) {
      std::memcpy(o.out.data() + begin * width, o.x.data() + begin * width,
                  static_cast<std::size_t>((end - begin) * width) * sizeof(float));
    });
    benchmark::ClobberMemory();
  }
  moved(state, 2);
}

#define CLIPT_BENCH(f)                                                                            \
  BENCHMARK(f)->Arg(1)->Arg(2)->ArgName("threads")->MeasureProcessCPUTime()->UseRealTime()->Unit( \
      benchmark::kMillisecond)
CLIPT_BENCH(elementwise);
CLIPT_BENCH(elementwise_backward);
CLIPT_BENCH(eigen);
CLIPT_BENCH(copy);

}  // namespace
