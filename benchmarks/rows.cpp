// layer_norm and softmax over rows of 768, forward and backward, and causal rows of attention, beside loops by hand.
#include <benchmark/benchmark.h>

#include <cmath>  // exp, sqrt

#include <clipt/memory/tensor.hpp>  // tensor
#include <clipt/nn/layer_norm.hpp>  // layer_norm
#include <clipt/nn/reshaping.hpp>   // reshape
#include <clipt/nn/rows.hpp>        // softmax

namespace {

using namespace clipt;

constexpr dim_t rows = 16640, width = 768;

struct operands {
  tensor<float, shape<batch, width>> x{rows}, g{rows}, out{rows};
  tensor<float, shape<width>> w, b;

  operands() {
    for (dim_t i = 0; i < x.size(); ++i) {
      x[i] = static_cast<float>(i % 13) / 6 - 1;
      g[i] = static_cast<float>(i % 11) / 5 - 1;
    }
    for (dim_t i = 0; i < width; ++i) w[i] = b[i] = static_cast<float>(i % 7) / 7;
  }
};

void moved(benchmark::State& state, int arrays) {
  state.SetBytesProcessed(state.iterations() * arrays * rows * width * static_cast<dim_t>(sizeof(float)));
}

template <class F>
void forward(benchmark::State& state, F&& f) {
  operands o;
  inference<> ctx;
  ctx.settings.threads = static_cast<int>(state.range(0));
  const auto call = [&] {
    ctx.reset();
    benchmark::DoNotOptimize(f(ctx, o).data());
  };
  call();  // touches the arena's pages
  for (auto _ : state) call();
  moved(state, 2);
}

/// Timed is the backward alone.
template <class F>
void backward(benchmark::State& state, F&& f) {
  operands o;
  recording<> ctx;
  ctx.settings.threads = static_cast<int>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    ctx.reset();
    const auto y = f(ctx, o);
    state.ResumeTiming();
    ctx.backward(y, o.g.view());
  }
  moved(state, 5);  // the gradient is copied in
}

void layer_norm(benchmark::State& state) {
  forward(state, [](auto& ctx, auto& o) { return clipt::layer_norm(ctx, o.x, o.w, o.b); });
}
void layer_norm_backward(benchmark::State& state) {
  backward(state, [](auto& ctx, auto& o) {
    return clipt::layer_norm(ctx, ctx.variable(o.x), ctx.variable(o.w), ctx.variable(o.b));
  });
}
void softmax(benchmark::State& state) {
  forward(state, [](auto& ctx, auto& o) { return clipt::softmax(ctx, o.x); });
}
void softmax_backward(benchmark::State& state) {
  backward(state, [](auto& ctx, auto& o) { return clipt::softmax(ctx, ctx.variable(o.x)); });
}

template <class F>
void by_hand(benchmark::State& state, F&& row) {
  operands o;
  for (auto _ : state) {
    on_cpu::for_pieces(static_cast<int>(state.range(0)), rows, 20, [&](dim_t begin, dim_t end) {
      for (dim_t r = begin; r < end; ++r)
        row(r, o.x.data() + r * width, o.out.data() + r * width, o.w.data(), o.b.data());
    });
    benchmark::ClobberMemory();
  }
  moved(state, 2);
}

// Sums in eight strands, which is what lets a compiler use vector instructions without changing the order of sums.
void layer_norm_by_hand(benchmark::State& state) {
  by_hand(state, [](dim_t, const float* x, float* y, const float* w, const float* b) {
    float s[16] = {}, q[16] = {};
    for (dim_t i = 0; i < width; i += 16)
      for (dim_t k = 0; k < 16; ++k) s[k] += x[i + k];
    float mean = 0, variance = 0;
    for (dim_t k = 0; k < 16; ++k) mean += s[k] / width;
    for (dim_t i = 0; i < width; i += 16)
      for (dim_t k = 0; k < 16; ++k) q[k] += (x[i + k] - mean) * (x[i + k] - mean);
    for (dim_t k = 0; k < 16; ++k) variance += q[k] / width;
    const float r = 1 / std::sqrt(variance + 1e-5f);
    for (dim_t i = 0; i < width; ++i) y[i] = (x[i] - mean) * r * w[i] + b[i];
  });
}

void softmax_by_hand(benchmark::State& state) {
  by_hand(state, [](dim_t, const float* x, float* y, const float*, const float*) {
    float largest = x[0], total = 0;
    for (dim_t i = 1; i < width; ++i) largest = std::max(largest, x[i]);
    for (dim_t i = 0; i < width; ++i) total += y[i] = std::exp(x[i] - largest);
    for (dim_t i = 0; i < width; ++i) y[i] /= total;
  });
}

constexpr dim_t attended = 64;  // tokens of a caption; the same numbers are [captions and heads, 64, 64]

void attention_rows(benchmark::State& state) {
  forward(state, [](auto& ctx, auto& o) {
    const auto scores = reshape(o.x, shape<batch, attended, attended>{rows * width / (attended * attended)});
    return clipt::softmax(ctx, 0.125f * scores + causal);
  });
}

void attention_rows_by_hand(benchmark::State& state) {
  by_hand(state, [](dim_t r, const float* x, float* y, const float*, const float*) {
    constexpr dim_t inside = width / attended;  // rows of attention in one of 768
    for (dim_t k = 0; k < inside; ++k, x += attended, y += attended) {
      const dim_t seen = (r * inside + k) % attended + 1;
      float largest = x[0], total = 0;
      for (dim_t i = 1; i < seen; ++i) largest = std::max(largest, x[i]);
      for (dim_t i = 0; i < seen; ++i) total += y[i] = std::exp(0.125f * (x[i] - largest));
      for (dim_t i = 0; i < seen; ++i) y[i] /= total;
      for (dim_t i = seen; i < attended; ++i) y[i] = 0;
    }
  });
}

#define CLIPT_BENCH(f)                                                                            \
  BENCHMARK(f)->Arg(1)->Arg(2)->ArgName("threads")->MeasureProcessCPUTime()->UseRealTime()->Unit( \
      benchmark::kMillisecond)
CLIPT_BENCH(layer_norm);
CLIPT_BENCH(layer_norm_backward);
CLIPT_BENCH(layer_norm_by_hand);
CLIPT_BENCH(softmax);
CLIPT_BENCH(softmax_backward);
CLIPT_BENCH(softmax_by_hand);
CLIPT_BENCH(attention_rows);
CLIPT_BENCH(attention_rows_by_hand);

}  // namespace
