// Lesson 15: a transformer of one's own with rotary positions (RoPE), RMSNorm and SwiGLU, which learns to continue patterns.
#include <fmt/format.h>

#include <clipt/nn/einsum.hpp>  // einsum
#include <clipt/tensor.hpp>     // all that computes

#include <array>
#include <cmath>
#include "expect.hpp"

using namespace clipt;

/// Pairs of columns turned by an angle that grows with the row, each pair at a speed of its own: the product of two
/// turned rows depends on their distance alone. x: [..., tokens, width].
/// Source: Su et al., 2021, "RoFormer: Enhanced Transformer with Rotary Position Embedding".
auto turned(auto& ctx, const auto& x) {
  const double width = static_cast<double>(x.shape().columns());
  const auto angle = row_index * exp(column_index * (-2 * std::log(10000.0) / width));  // a statement without arrays
  const auto [a, b] = split<-1, 2>(ctx, x);
  return concat<-1>(ctx, a * cos(angle) - b * sin(angle), a * sin(angle) + b * cos(angle));
}

template <class P, dim_t Width, dim_t Heads>
struct rotary_attention {
  parameter<P, 3 * Width, Width> in;
  parameter<P, Width, Width> out;
  static constexpr auto names = fields("in", "out");

  auto operator()(auto& ctx, const auto& x) const {  // x: [batch, tokens, width]
    const shape<batch, tokens, 3, Heads, Width / Heads> parts(x.shape().extent(0), x.shape().extent(1));
    const auto all = permute<2, 0, 3, 1, 4>(ctx, reshape(matmul_nt(ctx, x, in), parts));
    const shape<batch, Heads, tokens, Width / Heads> by_head(x.shape().extent(0), x.shape().extent(1));
    const auto [q, k, v] = split<0, 3>(ctx, all);
    const auto query = turned(ctx, reshape(q, by_head)), key = turned(ctx, reshape(k, by_head));
    const auto scores = einsum<"bhqd,bhkd->bhqk">(ctx, query, key);
    const auto shares = softmax(ctx, scores * std::sqrt(static_cast<double>(Heads) / Width) + causal);
    const auto seen = einsum<"bhqk,bhkd->bqhd">(ctx, shares, reshape(v, by_head));
    return matmul_nt(ctx, reshape(seen, x.shape()), out);
  }
};

template <class P, dim_t Width>
struct gated_layer {
  parameter<P, 2 * Width, Width> gate, up;
  parameter<P, Width, 2 * Width> down;
  static constexpr auto names = fields("gate", "up", "down");

  auto operator()(auto& ctx, const auto& x) const {
    return matmul_nt(ctx, silu(matmul_nt(ctx, x, gate)) * matmul_nt(ctx, x, up), down);
  }
};

template <class P, dim_t Words, dim_t Width, dim_t Heads, std::size_t Depth>
struct language_model {
  struct block {
    parameter<P, Width> first_gain, second_gain;
    rotary_attention<P, Width, Heads> attention;
    gated_layer<P, Width> feed_forward;
    static constexpr auto names = fields("first_gain", "second_gain", "attention", "feed_forward");
  };
  embedding<P, Words, Width> table;
  std::array<block, Depth> blocks;
  parameter<P, Width> gain;
  static constexpr auto names = fields("table", "blocks", "gain");

  auto operator()(auto& ctx, const auto& ids) const {  // ids: [batch, tokens] -> logits [batch, tokens, words]
    auto x = table(ctx, ids);
    for (const block& b : blocks) {
      const auto h = eval(ctx, x + b.attention(ctx, rms_norm(ctx, x, b.first_gain)));
      x = eval(ctx, h + b.feed_forward(ctx, rms_norm(ctx, h, b.second_gain)));
    }
    return matmul_nt(ctx, rms_norm(ctx, x, gain), table.weight);  // words are told by their own embeddings
  }
};

/// Words that repeat with a period of 2 to 4, [batch, tokens]: after the first ones each follows from those before it.
tensor<std::int32_t, shape<batch, tokens>> patterns(dim_t count, dim_t length, std::uint64_t seed) {
  tensor<std::int32_t, shape<batch, tokens>> ids(count, length);
  for (dim_t i = 0; i < count; ++i) {
    const random_stream random{seed, static_cast<std::uint32_t>(i)};
    const dim_t period = 2 + static_cast<dim_t>(random.below(0, 3));
    for (dim_t t = 0; t < length; ++t) ids(i, t) = static_cast<std::int32_t>(random.below(1 + t % period, 12));
  }
  return ids;
}

int main() {
  inference<> look;
  tensor<double, shape<6, 8>> same;
  for (dim_t i = 0; i < same.size(); ++i) same[i] = std::sin(static_cast<double>(i % 8));
  const auto r = turned(look, same);
  const auto products = matmul_nt(look, r, r);
  expect(std::abs(products(1, 0) - products(5, 4)) < 1e-12, "one token apart here and there");
  expect(std::abs(products(1, 0) - products(2, 0)) > 1e-3, "and two tokens apart another product");

  language_model<fp32, 12, 32, 4, 2> model;
  initialise(model, 1);
  adamw optimiser(model, {.weight_decay = 0});
  recording<> ctx;
  float last = 0;
  for (int step = 0; step < 250; ++step) {
    const auto ids = patterns(32, 16, static_cast<std::uint64_t>(step));
    ctx.reset();
    clear_gradients(model);
    const auto logits = model(ctx, slice<1, tokens>(ctx, ids, {.end = -1}));
    const auto loss = mean(ctx, cross_entropy(ctx, logits, slice<1, tokens>(ctx, ids, {.begin = 1})));
    ctx.backward(loss);
    optimiser.step(1e-2);
    last = loss[0];
  }

  // Positions are relative: the model also continues texts of another length than it was trained on.
  const auto longer = patterns(64, 20, 12345);
  const auto guesses = argmax<-1>(look, model(look, slice<1, tokens>(look, longer, {.end = -1})));
  const auto hits = cast<float>(guesses == slice<1, tokens>(look, longer, {.begin = 1}));
  const float rate = item(look, mean(look, slice<1, tokens>(look, hits, {.begin = 10})));
  fmt::print("loss {:.3f}; {:.1f} % of the words behind the tenth are right\n", last, 100 * rate);
  expect(rate > 0.85f, "the second half of a longer pattern follows from its first");
}
