// Lesson 12: closed forms. Whitened features, a probe without a training loop, and gradients through the solution.
#include <fmt/format.h>

#include <clipt/nn/cross_entropy.hpp>   // cross_entropy
#include <clipt/nn/decompositions.hpp>  // cholesky
#include <clipt/nn/permute.hpp>         // transpose
#include <clipt/nn/products.hpp>        // matmul
#include <clipt/nn/rows.hpp>            // l2_normalize, row_argmax
#include <clipt/nn/solvers.hpp>         // least_squares, triangular_solve

#include "expect.hpp"

using namespace clipt;
constexpr dim_t kinds = 5, wide = 24;

// Features as CLIP's are: of unit length, in a narrow cone, and the directions that tell kinds apart are not the long ones.
struct features {
  tensor<float, shape<batch, wide>> x;
  tensor<std::int32_t, shape<batch>> kind;
  tensor<float, shape<batch, kinds>> one_hot;

  features(dim_t count, std::uint32_t stream) : x(count), kind(count), one_hot(count) {
    const random_stream random{12, stream}, centres{12, 99};
    for (dim_t i = 0; i < count; ++i) {
      kind[i] = static_cast<std::int32_t>(i % kinds);
      one_hot[i * kinds + i % kinds] = 1;
      for (dim_t c = 0; c < wide; ++c) {
        const float centre = centres.uniform(i % kinds * wide + c) - 0.5f, noise = random.uniform(i * wide + c) - 0.5f;
        x[i * wide + c] = 2 + 0.3f * centre + (c < wide / 2 ? 3 : 0.2f) * noise;
      }
    }
    inference<> ctx;
    const auto unit = l2_normalize(ctx, x);
    std::copy(unit.begin(), unit.end(), x.begin());
  }
};

// How many rows have their largest score where their kind is, in percent.
template <class Scores>
double right(const Scores& scores, const features& of) {
  inference<> ctx;
  const auto found = row_argmax(ctx, scores);
  double sum = 0;
  for (dim_t i = 0; i < of.kind.size(); ++i) sum += found[i] == of.kind[i];
  return 100 * sum / static_cast<double>(of.kind.size());
}

// x - mean, the last axis a row.
template <class X>
auto centred(auto& ctx, const X& x, const auto& of) {
  return eval(ctx, x - column_sum(ctx, of) / static_cast<float>(of.shape().extent(0)));
}

int main() {
  const features train(200, 1), test(1000, 2);
  inference<> ctx;

  // Whitening: with the covariance l lᵀ, the features l⁻¹ (x - mean) have the identity as theirs. No inverse is formed.
  const auto x = centred(ctx, train.x, train.x), y = centred(ctx, test.x, train.x);
  const auto covariance = eval(ctx, matmul_tn(ctx, x, x) / 200.0f);
  const auto l = cholesky(ctx, covariance);
  const auto white = triangular_solve(ctx, l, transpose(ctx, x)),
             new_white = triangular_solve(ctx, l, transpose(ctx, y));
  const auto now = eval(ctx, matmul_nt(ctx, white, white) / 200.0f);
  float off = 0;
  for (dim_t i = 0; i < wide * wide; ++i) off = std::max(off, std::abs(now[i] - (i % (wide + 1) == 0 ? 1.0f : 0.0f)));
  expect(off < 1e-3f, "the covariance of whitened features is the identity");

  // The nearest mean of a kind, before and after: whitening shrinks the long directions, which say nothing.
  const auto means = matmul_tn(ctx, train.one_hot, x);
  const auto white_means = matmul(ctx, white, train.one_hot);
  const double plain = right(matmul_nt(ctx, y, means), test),
               whitened = right(matmul_tn(ctx, new_white, white_means), test);
  fmt::print("nearest mean: {:.0f} % of new ones right, {:.0f} % whitened\n", plain, whitened);
  expect(whitened > plain + 10, "whitening helps where the noise has directions");

  // Fewer samples than features: no covariance to factor. The error says which pivot, and what to do.
  const features few(20, 3);
  try {
    cholesky(ctx, matmul_tn(ctx, few.x, few.x));
    expect(false, "a covariance of too few samples is refused");
  } catch (const numeric_error& e) {
    fmt::print("{}\n", e.what());
  }

  // A ridge probe: the weights that minimise |x w - one_hot|² + ridge |w|², in one step. 20 samples are
  // hardly enough: 12 of the 24 features are mostly noise.
  const double probe = right(matmul(ctx, y, least_squares(ctx, x, train.one_hot, {.ridge = 1e-3})), test);
  const auto few_x = centred(ctx, few.x, few.x), few_y = centred(ctx, test.x, few.x);
  const double of_few = right(matmul(ctx, few_y, least_squares(ctx, few_x, few.one_hot, {.ridge = 1e-2})), test);
  fmt::print("ridge probe: {:.0f} % right, {:.0f} % from 20 samples\n", probe, of_few);
  expect(probe > plain + 10, "a closed form classifies");

  // Gradients pass through the solution. Which features should count? Learn a scale for each, so that a probe that is
  // fitted to 20 samples is right about others: the loss of the others, differentiated through the fit.
  tensor<float, shape<wide>> scale;
  const features others(200, 4);
  const auto others_x = centred(ctx, others.x, few.x);
  float first = 0, last = 0;
  recording<> tape;
  for (int step = 0; step < 60; ++step) {
    tape.reset();
    const auto s = tape.variable(scale);
    const auto w = least_squares(tape, few_x * exp(s), few.one_hot, {.ridge = 1e-2});
    const auto loss = mean(tape, cross_entropy(tape, 5 * matmul(tape, others_x * exp(s), w), others.kind));
    tape.backward(loss);
    for (dim_t i = 0; i < wide; ++i) scale[i] -= 2 * tape.gradient_of(s)[i];
    (step == 0 ? first : last) = loss[0];
  }
  const auto w = least_squares(ctx, few_x * exp(scale), few.one_hot, {.ridge = 1e-2});
  const double learned = right(matmul(ctx, few_y * exp(scale), w), test);
  fmt::print("scales learned through the fit: loss {:.3f} -> {:.3f}; from 20 samples {:.0f} % right\n", first, last,
             learned);
  expect(last < 0.9f * first && learned > of_few, "what a fit should look at can be learned");
}
