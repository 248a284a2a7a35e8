// Whole models on made-up pairs: what the benchmarks of steps and of inference run, and how many operations that is.
#pragma once
#include <benchmark/benchmark.h>
#include <sys/resource.h>  // getrusage

#include <vector>  // vector

#include <clipt/clip/initialise.hpp>  // initialise
#include <clipt/train/train.hpp>      // accumulate_gradients
#include <clipt/nn/optim.hpp>         // adamw

namespace bench {

using clipt::dim_t;

/// Multiplications and additions in a forward pass; those in products alone, which are nearly all.
struct operations {
  double forward = 0;
  double no_input_gradient = 0;  // of those, the ones whose operand is the picture

  /// Forward and both gradients of each product; what is computed again does not count.
  double step() const { return 3 * forward - no_input_gradient; }
};

/// A transformer over sequences of the given lengths, its last block for one token of each.
inline double transformer_operations(const std::vector<dim_t>& lengths, double width, int layers) {
  double rows = 0, squares = 0;
  for (const dim_t n : lengths) {
    rows += double(n);
    squares += double(n) * double(n);
  }
  const double full = 24 * rows * width * width + 4 * squares * width;
  const double last = (4 * rows + 20 * double(lengths.size())) * width * width + 4 * rows * width;
  return (layers - 1) * full + last;
}

inline operations image_operations(const clipt::vit_config& c, double embed, dim_t batch) {
  const double n = double(batch), patches = 2.0 * n * c.grid() * c.grid() * 3 * c.patch * c.patch * c.width;
  const std::vector<dim_t> lengths(static_cast<std::size_t>(batch), c.tokens());
  return {patches + transformer_operations(lengths, c.width, c.layers) + 2 * n * c.width * embed, patches};
}

inline operations image_operations(const clipt::resnet_config& c, double embed, dim_t batch) {
  const double n = double(batch), w = c.width;
  double side = c.image / 2, total = 0;
  const auto conv = [&](double in, double out, double kernel) {
    total += 2 * n * side * side * in * out * kernel * kernel;
  };
  conv(3, w / 2, 3);
  const double stem = total;
  conv(w / 2, w / 2, 3);
  conv(w / 2, w, 3);
  if (c.stem_pool) side /= 2;
  double in = w;
  for (int stage = 0; stage < 4; ++stage) {
    const double planes = w * (1 << stage);
    for (int block = 0; block < c.stages[stage]; ++block) {
      conv(in, planes, 1);
      conv(planes, planes, 3);
      if (block == 0 && stage > 0) side /= 2;
      conv(planes, 4 * planes, 1);
      if (block == 0) conv(in, 4 * planes, 1);
      in = 4 * planes;
    }
  }
  const double tokens = side * side + 1;
  total += 2 * n * in * in * (2 * tokens + 1) + 4 * n * tokens * in + 2 * n * in * embed;
  return {total, stem};
}

inline operations text_operations(const clipt::text_config& c, double embed, const std::vector<dim_t>& lengths) {
  return {transformer_operations(lengths, c.width, c.layers) + 2 * double(lengths.size()) * c.width * embed, 0};
}

/// A model with pictures of noise, and captions of `shortest` to `shortest` + 8 tokens.
template <auto Config>
struct made_up {
  static constexpr dim_t side = Config.vision.image;

  clipt::clip<Config> model;
  clipt::tensor<float, clipt::shape<clipt::batch, 3, side, side>> images;
  std::vector<std::int32_t> ids, offsets{0};
  std::vector<dim_t> lengths;

  made_up(dim_t count, dim_t shortest) : images(count) {
    clipt::initialise(model, 1);
    const clipt::random_stream random{2};
    for (dim_t i = 0; i < images.size(); ++i) images[i] = random.normal(static_cast<std::uint64_t>(i));
    constexpr std::int32_t end = Config.text.vocabulary - 1;
    for (dim_t i = 0; i < count; ++i) {
      lengths.push_back(shortest + i % 9);
      ids.push_back(end - 1);
      for (dim_t k = 2; k < lengths.back(); ++k)
        ids.push_back(static_cast<std::int32_t>(random.below(ids.size(), end - 1)));
      ids.push_back(end);
      offsets.push_back(static_cast<std::int32_t>(ids.size()));
    }
  }

  clipt::packed_captions<> captions() const {
    return {{ids.data(), clipt::shape<clipt::tokens>(static_cast<dim_t>(ids.size()))},
            {offsets.data(), clipt::shape<clipt::offsets>(static_cast<dim_t>(offsets.size()))}};
  }
  clipt::training_batch<float, side> batch() const { return {images.view(), captions()}; }
};

/// The rate of products, and the most memory that the process has had.
inline void report(benchmark::State& state, double operations) {
  state.counters["flop"] = operations;
  state.counters["flop/s"] = benchmark::Counter(operations, benchmark::Counter::kIsIterationInvariantRate);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  state.counters["peak_bytes"] = double(usage.ru_maxrss);
#else
  state.counters["peak_bytes"] = 1024.0 * double(usage.ru_maxrss);
#endif
}

/// Loss, gradients and AdamW, on as many threads as CLIPT_THREADS says.
template <auto Config>
void training_step(benchmark::State& state, dim_t shortest) {
  const dim_t count = state.range(0);
  made_up<Config> given(count, shortest);
  clipt::adamw<float> optimiser(given.model);
  clipt::recording<> ctx;
  ctx.settings.training = true;
  const auto step = [&] {
    clipt::clear_gradients(optimiser.parameters());
    benchmark::DoNotOptimize(clipt::accumulate_gradients(ctx, given.model, given.batch()));
    optimiser.step(ctx, 1e-3);
  };
  step();
  for (auto _ : state) step();
  const operations pictures = image_operations(Config.vision, Config.embed, count);
  const operations texts = text_operations(Config.text, Config.embed, given.lengths);
  report(state, pictures.step() + texts.step() + 3 * 2.0 * double(count * count) * Config.embed);
}

}  // namespace bench
