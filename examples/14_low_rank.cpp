// Lesson 14: a frozen transformer learns a new task by additions of low rank to its linear layers (LoRA).
#include <fmt/format.h>

#include <clipt/state/state_file.hpp>  // save_state, load_state
#include <clipt/tensor.hpp>            // all that computes

#include <filesystem>

#include "expect.hpp"

using namespace clipt;

/// x weightᵀ + bias, which stay as they are, and x downᵀ upᵀ, which is trained: [..., in] -> [..., out].
/// Source: Hu et al., 2021, "LoRA: Low-Rank Adaptation of Large Language Models".
template <class P, dim_t In, dim_t Out>
struct low_rank {
  linear<P, In, Out> base;
  parameter<P, 4, In> down;
  parameter<P, Out, 4> up;
  static constexpr auto names = fields("", "lora_down", "lora_up");  // "": the names of `base` are the layer's own

  auto operator()(auto& ctx, const auto& x) const {
    const auto stays = affine(ctx, x, detach(base.weight), detach(base.bias));
    return eval(ctx, stays + matmul_nt(ctx, matmul_nt(ctx, x, down), up));
  }
};

/// Blocks of the library take the linear layer as an argument; all else is as it was.
template <class P, template <class, dim_t, dim_t> class Linear>
struct classifier {
  embedding<P, 16, 32> table;
  transformer<P, 32, 2, 4, ops::gelu, 64, Linear> blocks;
  linear<P, 32, 2> head;
  static constexpr auto names = fields("table", "blocks", "head");

  /// ids: [batch, 8] -> logits [batch, 2], of the last token.
  auto operator()(auto& ctx, const auto& ids) const {
    const dim_t count = ids.shape().extent(0);
    const auto x = reshape(table(ctx, ids), shape<tokens, 32>(count * 8));
    const auto y = blocks(ctx, x, sequence_rows{nullptr, count, 8}, attention_mask::causal);
    const auto last = slice<1, 7, 1>(ctx, reshape(y, shape<batch, 8, 32>(count)));
    return head(ctx, reshape<shape<batch, 32>>(last));
  }
};

int main() {
  // A model that exists, in a file.
  classifier<fp32, linear> plain;
  initialise(plain, 1);
  const auto file = std::filesystem::temp_directory_path() / "clipt_14_low_rank.safetensors";
  save_state(plain, file);

  // The same with additions. load_state wants every parameter in the file, so the additions are filled by hand: `up`
  // starts as zeros, and the model as the one that it was.
  classifier<fp32, low_rank> model;
  initialise(model, 2);
  const safetensors_file saved(file);
  for_each_parameter(model, [&](const std::string& path, const state_member& p) {
    if (path.ends_with("lora_up")) fill_constant(p, 0);
    if (const tensor_entry* entry = saved.find(path)) copy_to(*entry, p.elements<float>());
  });
  std::filesystem::remove(file);

  tensor<std::int32_t, shape<batch, 8>> ids(64);
  tensor<std::int32_t, shape<batch>> labels(64);
  for (dim_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::int32_t>(random_stream{3}.below(i, 16));
  for (dim_t i = 0; i < 64; ++i) labels[i] = ids(i, 0) < 8;  // the first token decides, the last one must find out
  inference<> look;
  const auto before = vector_norm(look, model(look, ids) - plain(look, ids));
  expect(before[0] == 0, "an addition of rank 4 whose one factor is 0 adds nothing");

  // Groups leave what is not named alone: embedding and norms keep their values.
  adamw optimiser(model, {.weight_decay = 0}, {{"*lora*"}, {"head.*"}, {"*", 0}});
  recording<> ctx;
  float first = 0, last = 0;
  for (int step = 0; step < 150; ++step) {
    ctx.reset();
    clear_gradients(model);
    const auto loss = mean(ctx, cross_entropy(ctx, model(ctx, ids), labels));
    ctx.backward(loss);
    optimiser.step(1e-2);
    (step == 0 ? first : last) = loss[0];
  }
  fmt::print("loss {:.3f} -> {:.3f}\n", first, last);
  expect(last < 0.3f * first, "the additions have learned the task");
  expect(model.table.weight[0] == plain.table.weight[0], "the embedding is as it was");
  expect(model.blocks.blocks[1].feed_forward.up.base.weight[5] == plain.blocks.blocks[1].feed_forward.up.weight[5],
         "and so are the weights beneath the additions");

  // The additions alone in a file: a part of the state, which is what save_state writes.
  auto additions = state_of(model);
  std::erase_if(additions, [](const tensor_entry& e) { return e.name.find("lora") == std::string::npos; });
  write_safetensors(file, additions);
  fmt::print("{} of {} arrays are additions\n", additions.size(), state_of(model).size());
  expect(additions.size() == 2 * 2 * 4, "two factors for each of four linear layers in two blocks");
  std::filesystem::remove(file);
}
