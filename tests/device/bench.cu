// How fast the kernels are on the GPU at hand: medians of repeated runs, by events; no assertion, a table.
#include <clipt/cuda.hpp>

#include <algorithm>   // sort
#include <cstdio>      // printf
#include <functional>  // function

#include "model.hpp"

namespace {

using namespace clipt;

/// The median time of f in milliseconds, over 30 runs after 5.
template <class F>
double milliseconds(context<gpu, true>& ctx, F&& f) {
  cudaEvent_t begin, end;
  on_cuda::check(cudaEventCreate(&begin), "creating an event");
  on_cuda::check(cudaEventCreate(&end), "creating an event");
  std::vector<float> times;
  for (int i = 0; i < 35; ++i) {
    on_cuda::check(cudaEventRecord(begin, ctx.state().stream), "an event");
    f();
    on_cuda::check(cudaEventRecord(end, ctx.state().stream), "an event");
    on_cuda::check(cudaEventSynchronize(end), "an event");
    float time = 0;
    on_cuda::check(cudaEventElapsedTime(&time, begin, end), "an event");
    if (i >= 5) times.push_back(time);
  }
  std::sort(times.begin(), times.end());
  return static_cast<double>(times[times.size() / 2]);
}

void print(const char* what, double ms, double amount, const char* unit) {
  std::printf("%-44s %9.3f ms %10.1f %s\n", what, ms, amount / ms * 1e3, unit);
}

using activations = shape<batch, 768>;
constexpr dim_t rows_of_activations = 51200;
constexpr double unit_gb = rows_of_activations * 768 * 4.0 / 1e9;

/// The time of an operation's forward, and of forward and backward together minus it.
template <class F>
void both_ways(recording<gpu>& ctx, const char* what, double forward_units, double backward_units, F&& f) {
  inference<gpu> silent(ctx);
  const double forward = milliseconds(ctx, [&] {
    ctx.reset();
    f(silent);
  });
  const double all = milliseconds(ctx, [&] {
    ctx.reset();
    const auto y = f(ctx);
    ctx.backward(y, view<const float, activations, gpu>{y.data(), y.shape()});
  });
  print(what, forward, forward_units * unit_gb, "GB/s");
  print((std::string("  its backward")).c_str(), all - forward, backward_units * unit_gb, "GB/s");
}

void operations() {
  recording<gpu> ctx;
  const activations s(rows_of_activations);
  tensor<float, activations, gpu> x(s);
  tensor<float, shape<768>, gpu> weight, bias;
  both_ways(ctx, "quick_gelu, fp32 [51200, 768]", 2, 3, [&](auto& c) {
    if constexpr (std::remove_cvref_t<decltype(c)>::records)
      return eval(c, quick_gelu(c.variable(x)));
    else
      return eval(c, quick_gelu(x));
  });
  both_ways(ctx, "x + bias, with the bias's gradient", 2, 2, [&](auto& c) {
    if constexpr (std::remove_cvref_t<decltype(c)>::records)
      return eval(c, c.variable(x) + c.variable(bias));
    else
      return eval(c, x + bias);
  });
  both_ways(ctx, "softmax", 2, 3, [&](auto& c) {
    if constexpr (std::remove_cvref_t<decltype(c)>::records)
      return softmax(c, c.variable(x));
    else
      return softmax(c, x);
  });
  both_ways(ctx, "layer_norm", 2, 3, [&](auto& c) {
    if constexpr (std::remove_cvref_t<decltype(c)>::records)
      return layer_norm(c, c.variable(x), c.variable(weight), c.variable(bias));
    else
      return layer_norm(c, x, weight, bias);
  });
}

void product() {
  recording<gpu> ctx;
  constexpr dim_t n = 4096;
  tensor<float, shape<n, n>, gpu> a, b;
  const double ms = milliseconds(ctx, [&] {
    ctx.reset();
    matmul_nt(ctx, a, b);
  });
  print("matmul_nt, fp32 4096^3, no TF32", ms, 2.0 * n * n * n / 1e12, "TFLOP/s");
}

void optimiser() {
  recording<gpu> ctx;
  linear<on<fp32, gpu>, 4096, 16384> layer;  // 67 million parameters
  tensor<float, shape<16, 4096>, gpu> x;
  ctx.backward(sum(ctx, layer(ctx, x)));
  adamw<float, gpu> update(layer);
  print("adamw, 67 M parameters", milliseconds(ctx, [&] { update.step(ctx, 1e-3); }), 28.0 * 4096 * 16385 / 1e9,
        "GB/s");
}

void step() {
  recording<gpu> ctx;
  test::classifier<on<fp32, gpu>, 768, 3072, 1000> model;
  tensor<float, activations, gpu> x(8192);
  tensor<std::int32_t, shape<batch>, gpu> labels(8192);
  adamw<float, gpu> update(model);
  const double ms = milliseconds(ctx, [&] {
    ctx.reset();
    ctx.backward(mean(ctx, cross_entropy(ctx, model(ctx, x), labels)));
    update.step(ctx, 1e-3);
    clear_gradients(model);
  });
  print("step: 768 -> 3072 -> 1000, batch 8192", ms, 8192 * 6.0 * 768 * 3072 / 1e12 + 8192 * 6.0 * 3072 * 1000 / 1e12,
        "TFLOP/s");
}

}  // namespace

int main() {
  if (on_cuda::device_count() == 0) {
    std::puts("skipped: no CUDA device");
    return 77;
  }
  operations();
  product();
  optimiser();
  step();
}
