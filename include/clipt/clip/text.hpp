// The text transformer: a causal transformer over packed captions; the last token of a caption is the caption.
#pragma once
#include <clipt/clip/config.hpp>  // text_config
#include <clipt/nn/layers.hpp>    // transformer, embedding, norm
#include <clipt/nn/products.hpp>  // matmul

namespace clipt {

/// Captions back to back, each from its start token to its end token: what follows the end token cannot matter.
///
/// Because of the causal mask a padded batch gives the same embeddings; its padding is only work.
template <class Device = cpu>
struct packed_captions {
  view<const std::int32_t, shape<tokens>, Device> ids;
  view<const std::int32_t, shape<clipt::offsets>, Device> offsets;  // [captions + 1], from 0 to the number of ids

  dim_t count() const { return offsets.size() - 1; }
  sequence_rows rows() const { return {offsets.data, count(), 0}; }
};

/// Captions of a padded batch [captions, context], cut after the first largest id of each, which is the end token.
/// Source: OpenAI's model pools at the argmax of the ids.
template <class Context, class Ids>
packed_captions<> pack(Context& ctx, const Ids& padded) {
  const auto ids = as_expression(padded);
  const dim_t count = ids.shape.extent(0), context = ids.shape.extent(1);
  const auto offsets = ctx.template output<std::int32_t>(shape<clipt::offsets>(count + 1));
  const auto kept = ctx.template output<std::int32_t>(shape<tokens>(count * context));
  std::int32_t total = 0;
  for (dim_t i = 0; i < count; ++i) {
    offsets.data[i] = total;
    const std::int32_t* row = ids.data + i * context;
    const std::int32_t* last = std::max_element(row, row + context);
    for (const std::int32_t* id = row; id <= last; ++id) kept.data[total++] = *id;
  }
  offsets.data[count] = total;
  return {{kept.data, shape<tokens>(total)}, offsets};
}

/// A text transformer. Source: Radford et al., 2021, section 2.4.
template <text_config C, dim_t Embed, class P, class Activation>
struct text_transformer {
  static_assert(divides<C.heads, C.width>::evenly,
                "clipt::text_transformer: the number of heads divides the width: it does not");

  parameter<P, C.context, C.width> positional_embedding;
  parameter<P, C.width, Embed> text_projection;
  transformer<P, C.width, C.layers, C.heads, Activation> blocks;
  embedding<P, C.vocabulary, C.width> token_embedding;
  norm<P, C.width> ln_final;
  static constexpr auto names =
      fields("positional_embedding", "text_projection", "transformer", "token_embedding", "ln_final");

  /// Packed captions -> embeddings [batch, embed], not normalised.
  auto operator()(auto& ctx, const packed_captions<>& captions) const {
    const auto x = embed(ctx, captions);
    auto last_rows = ctx.template output<std::int32_t>(shape<batch>(captions.count()));
    for (dim_t i = 0; i < captions.count(); ++i) last_rows.data[i] = captions.offsets[i + 1] - 1;
    return head(ctx, blocks.pooled(ctx, x, captions.rows(), attention_mask::causal, last_rows));
  }

  /// The tokens of all blocks, normalised, [tokens, width]; `observe(name, k, x)` sees the intermediate results.
  template <class Observer = unobserved>
  auto all_tokens(auto& ctx, const packed_captions<>& captions, Observer&& observe = {}) const {
    const auto y = ln_final(ctx, blocks(ctx, embed(ctx, captions), captions.rows(), attention_mask::causal, observe));
    observe("ln_final", 0, y);
    return y;
  }

  /// The embedding [batch, embed] of end tokens [batch, width] as the blocks leave them.
  auto head(auto& ctx, const auto& last_tokens) const {
    return matmul(ctx, ln_final(ctx, last_tokens), text_projection);
  }

 private:
  /// The tokens' embeddings plus those of their positions, [tokens, width].
  auto embed(auto& ctx, const packed_captions<>& captions) const {
    const auto positions = ctx.template output<std::int32_t>(captions.ids.shape);
    for (dim_t i = 0; i < captions.count(); ++i) {
      const auto [begin, end] = captions.rows().range(i);
      if (end - begin < 1 || end - begin > C.context)
        throw shape_error("clipt::text_transformer: caption " + std::to_string(i) + " has " +
                          std::to_string(end - begin) + " tokens: between 1 and " + std::to_string(C.context) +
                          " fit; truncate it");
      for (dim_t row = begin; row < end; ++row) positions.data[row] = static_cast<std::int32_t>(row - begin);
    }
    return eval(ctx, token_embedding(ctx, captions.ids) + gather(ctx, positional_embedding, positions));
  }
};

}  // namespace clipt
