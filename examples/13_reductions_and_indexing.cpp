// Lesson 13: reductions over any axes, sorting and indexing; a contrastive loss with its hardest negatives.
#include <fmt/format.h>

#include <cmath>

#include <clipt/fmt.hpp>     // arrays for fmt
#include <clipt/tensor.hpp>  // all that computes

#include "expect.hpp"

using namespace clipt;

/// -log of the share that the right pair has beside its K most similar wrong ones. a, b: [batch, width], paired by rows.
template <dim_t K>
auto hardest_pairs_loss(auto& ctx, const auto& a, const auto& b, float temperature) {
  const auto similarity = eval(ctx, matmul_nt(ctx, l2_normalize(ctx, a), l2_normalize(ctx, b)) / temperature);
  const auto right = sum<1>(ctx, where(row_index == column_index, similarity, 0), keep_axes);  // [batch, 1]

  // topk returns values, through which gradients flow to where they were, and the positions of these.
  const auto wrong = topk<K>(ctx, where(row_index == column_index, -1e9, similarity)).values;  // [batch, K]
  const auto logits = concat<-1>(ctx, right, wrong);
  return mean(ctx, log_sum_exp<-1>(ctx, logits, keep_axes) - right);
}

int main() {
  inference<> ctx;

  // An array is filled by a statement of its positions, or from a vector, a span or a list.
  tensor<float, shape<batch, 2, 3>> x(2);
  assign(ctx, x, 3 * row_index + column_index);
  fmt::print("{}\n", x);
  expect(x(1, 1, 2) == 5, "elements by one index for each axis");

  // Reductions name the axes that they go over; with keep_axes these stay as ones and broadcast back.
  const auto means = mean<0, -1>(ctx, x);
  fmt::print("means over the first and the last axis: {:.1f}\n", fmt::join(means, " "));
  expect(means[0] == 1 && means[1] == 4, "one mean for each row of the middle axis");
  const auto spread = standard_deviation<-1>(ctx, x, 0, keep_axes);
  const auto standardised = eval(ctx, (x - mean<-1>(ctx, x, keep_axes)) / spread);
  expect(std::abs(standardised(0, 0, 2) - std::sqrt(1.5f)) < 1e-6f, "x less its mean, by its deviation");

  // Places of an axis by number, in any order and as often as one likes; and adding up at places.
  const tensor<std::int32_t, shape<4>> ids{{}, {2, 0, 0, 1}};
  const auto picked = index_select<-1>(ctx, x, ids);
  expect(picked(0, 1, 0) == 5 && picked(0, 1, 2) == 3, "columns 2, 0, 0, 1");
  const tensor<float, shape<3>> nothing;
  const tensor<float, shape<4>> ones{{}, {1, 1, 1, 1}};
  const auto counts = scatter_add<0>(ctx, nothing, ids, ones);
  fmt::print("how often each was named: {}\n", fmt::join(counts, " "));
  expect(counts[0] == 2, "0 was named twice");

  // Letters say what a product of many axes is: here all pairs of rows, for each sample.
  const auto pairs = einsum<"bik,bjk->bij">(ctx, x, x);
  expect(pairs(0, 1, 0) == 3 * 0 + 4 * 1 + 5 * 2, "the product of row 1 and row 0");

  // All of it is differentiated. A projection learns to tell pairs from their hardest confusions.
  constexpr dim_t width = 8, samples = 32;
  tensor<float, shape<batch, width>> left(samples), right(samples);
  for (dim_t i = 0; i < left.size(); ++i) {
    left[i] = random_stream{1}.normal(static_cast<std::uint64_t>(i));
    right[i] = 0.5f * left[i] + 0.5f * random_stream{2}.normal(static_cast<std::uint64_t>(i));
  }
  std::array<linear<fp32, width, 16>, 2> towers;
  initialise(towers, 1);
  adamw optimiser(towers);
  recording<> tape;
  float first = 0, last = 0;
  for (int step = 0; step < 60; ++step) {
    tape.reset();
    clear_gradients(towers);
    const auto loss = hardest_pairs_loss<3>(tape, towers[0](tape, left), towers[1](tape, right), 0.2f);
    tape.backward(loss);
    optimiser.step(1e-2);
    (step == 0 ? first : last) = loss[0];
  }
  fmt::print("loss {:.3f} -> {:.3f}\n", first, last);
  expect(last < 0.5f * first, "the hardest negatives are told apart better");
}
