// Lesson 7: checkpoints in the backward. Forget what lies inside a block and compute it again: memory for time, same bits.
#include <fmt/format.h>

#include <vector>

#include <clipt/autodiff/checkpoint.hpp>  // checkpoint
#include <clipt/nn/init.hpp>              // fill_normal
#include <clipt/nn/layers.hpp>            // transformer
#include <clipt/nn/reductions.hpp>        // mean

#include "expect.hpp"

using namespace clipt;

constexpr dim_t width_of_model = 64;
using model_type = transformer<fp32, width_of_model, 6, 4, ops::quick_gelu>;

// Towers run on packed rows: all tokens of all sequences below each other, and a note which rows belong together.
struct run_result {
  float loss;
  double megabytes;
  std::vector<float> gradient;
};

run_result run(const model_type& model, bool checkpoints) {
  constexpr dim_t count = 8, length = 50;
  tensor<float, shape<tokens, width_of_model>> x(count * length);
  for (dim_t i = 0; i < x.size(); ++i) x[i] = random_stream{3}.normal(static_cast<std::uint64_t>(i));

  clear_gradients(model);
  recording<> ctx;
  ctx.settings.checkpoints = checkpoints;            // what the library's own towers go by
  const sequence_rows rows{nullptr, count, length};  // no offsets: all sequences are equally long
  tensor<std::int32_t, shape<batch>> first_tokens(count);
  for (dim_t i = 0; i < count; ++i) first_tokens[i] = static_cast<std::int32_t>(i * length);

  const auto y = model.pooled(ctx, as_expression(x), rows, attention_mask::none, first_tokens);  // [batch, width]
  const auto loss = mean(ctx, square(y));
  ctx.backward(loss);

  run_result result{loss[0], static_cast<double>(ctx.memory().values.peak()) / 1e6, {}};
  for_each_parameter(model, [&](const std::string&, const state_member& p) {
    const float* g = p.gradient_data<float>();
    result.gradient.insert(result.gradient.end(), g, g + p.size);
  });
  return result;
}

int main() {
  model_type model;
  for_each_parameter(model, [](const std::string& path, const state_member& p) {
    if (p.extents.size() == 2)
      fill_normal(p, stream_of(5, path), 0.1);
    else
      fill_constant(p, path.find("ln_") != std::string::npos && path.ends_with(".weight") ? 1 : 0);
  });

  const run_result plain = run(model, false), again = run(model, true);
  fmt::print("all results kept:    loss {:.6f}, {:5.1f} MB\n", plain.loss, plain.megabytes);
  fmt::print("blocks' results kept: loss {:.6f}, {:4.1f} MB\n", again.loss, again.megabytes);
  expect(plain.loss == again.loss && plain.gradient == again.gradient, "the same bits");
  expect(again.megabytes < plain.megabytes / 2, "less than half the memory");

  // A part of your own: a function of the context and of its inputs, which captures numbers and addresses by value.
  const tensor<float, shape<3>> x{{}, {0.1f, 0.2f, 0.3f}};
  recording<> ctx;
  const auto v = ctx.variable(x);
  const auto part = [](auto& c, const auto& a) { return eval(c, exp(tanh(a)) * a); };
  ctx.backward(mean(ctx, checkpoint(ctx, part, v)));
  const std::vector<float> recomputed(ctx.gradient_of(v).begin(), ctx.gradient_of(v).end());
  ctx.reset();
  const auto w = ctx.variable(x);
  ctx.backward(mean(ctx, part(ctx, w)));
  expect(std::equal(recomputed.begin(), recomputed.end(), ctx.gradient_of(w).begin()), "the same bits here too");
}
