// Products of the sizes that CLIP's towers use, beside Eigen's. For a comparison on a machine that others use too:
// --benchmark_enable_random_interleaving=true --benchmark_repetitions=5
#include <benchmark/benchmark.h>

#include <Eigen/Core>  // Map
#include <string>
#include <utility>  // pair
#include <vector>

#include <clipt/eval/cpu_gemm.hpp>  // gemm

namespace {

using namespace clipt::on_cpu;
using clipt::dim_t;

enum class form { forward, input_gradient, weight_gradient };  // X W^T; dY W; dY^T X

struct size {
  const char* name;
  dim_t m, n, k;
  form what;
};

const size sizes[] = {
    {"queries_keys_values", 16640, 576, 192, form::forward},
    {"attention_out", 16640, 192, 192, form::forward},
    {"mlp_up", 16640, 768, 192, form::forward},
    {"mlp_down", 16640, 192, 768, form::forward},
    {"mlp_up_dx", 16640, 192, 768, form::input_gradient},
    {"mlp_down_dx", 16640, 768, 192, form::input_gradient},
    {"queries_keys_values_dw", 576, 192, 16640, form::weight_gradient},
    {"attention_out_dw", 192, 192, 16640, form::weight_gradient},
    {"mlp_up_dw", 768, 192, 16640, form::weight_gradient},
    {"mlp_down_dw", 192, 768, 16640, form::weight_gradient},
    {"vit_b_32_up", 1600, 3072, 768, form::forward},
    {"vit_b_32_down", 1600, 768, 3072, form::forward},
    {"vit_b_32_queries_keys_values", 1600, 2304, 768, form::forward},
    {"vit_b_32_one_image_up", 50, 3072, 768, form::forward},
    {"vit_b_32_one_image_down", 50, 768, 3072, form::forward},
    {"head_scores", 65, 65, 64, form::forward},
    {"head_values", 65, 64, 65, form::input_gradient},
    {"logits", 256, 256, 512, form::forward},
};

struct operands {
  std::vector<float> a, b, c;
  transpose ta, tb;

  explicit operands(const size& s)
      : a(std::size_t(s.m * s.k)), b(std::size_t(s.n * s.k)), c(std::size_t(s.m * s.n)),
        ta(s.what == form::weight_gradient ? transpose::yes : transpose::no),
        tb(s.what == form::forward ? transpose::yes : transpose::no) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i % 7) - 3;
    for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(i % 5) - 2;
  }
};

matrix<const float> stored(transpose t, const std::vector<float>& x, dim_t rows, dim_t columns) {
  return t == transpose::yes ? matrix<const float>{x.data(), columns, rows, rows}
                             : matrix<const float>{x.data(), rows, columns, columns};
}

void count(benchmark::State& state, const size& s) {
  state.counters["flop/s"] =
      benchmark::Counter(2.0 * double(s.m) * double(s.n) * double(s.k), benchmark::Counter::kIsIterationInvariantRate);
}

void own(benchmark::State& state, const size& s) {
  operands o(s);
  const auto a = stored(o.ta, o.a, s.m, s.k), b = stored(o.tb, o.b, s.k, s.n);
  for (auto _ : state)
    gemm<float>(o.ta, o.tb, 1, a, b, {o.c.data(), s.m, s.n, s.n}, update::store, int(state.range(0)));
  count(state, s);
}

void eigen(benchmark::State& state, const size& s) {
  operands o(s);
  using mat = Eigen::Matrix<float, -1, -1, Eigen::RowMajor>;
  const auto a = stored(o.ta, o.a, s.m, s.k), b = stored(o.tb, o.b, s.k, s.n);
  Eigen::Map<const mat> ea(a.data, a.rows, a.columns), eb(b.data, b.rows, b.columns);
  Eigen::Map<mat> c(o.c.data(), s.m, s.n);
  Eigen::setNbThreads(int(state.range(0)));
  for (auto _ : state) {
    if (s.what == form::forward) c.noalias() = ea * eb.transpose();
    if (s.what == form::input_gradient) c.noalias() = ea * eb;
    if (s.what == form::weight_gradient) c.noalias() = ea.transpose() * eb;
    benchmark::ClobberMemory();
  }
  count(state, s);
}

}  // namespace

int main(int argc, char** argv) {
  for (const size& s : sizes)
    for (auto [who, run] : {std::pair{"own", &own}, std::pair{"eigen", &eigen}})
      benchmark::RegisterBenchmark((std::string(s.name) + "/" + who).c_str(), run, s)
          ->ArgName("threads")
          ->Arg(1)
          ->Arg(2)
          ->UseRealTime()
          ->Unit(benchmark::kMicrosecond);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
