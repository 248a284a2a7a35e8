// The text transformer: packed captions through a transformer; one token of a caption, its last, is the caption.
#pragma once
#include <type_traits>  // conditional_t

#include <clipt/clip/captions.hpp>  // packed_captions, pack
#include <clipt/clip/config.hpp>    // text_config
#include <clipt/clip/tower_tuning.hpp>  // tower_tuning
#include <clipt/nn/layers.hpp>      // transformer, embedding, norm, linear
#include <clipt/nn/products.hpp>    // matmul

namespace clipt::inline CLIPT_BUILD {

/// A text transformer. Source: Radford et al., 2021, section 2.4.
template <text_config C, dim_t Embed, class P, class Activation>
struct text_transformer {
  static_assert(divides<C.heads, C.width>::evenly,
                "clipt::text_transformer: the number of heads divides the width: it does not");
  static_assert(C.pooling != text_pooling::end_id || (C.end_id >= 0 && C.end_id < C.vocabulary),
                "clipt::text_transformer: end_id is an id of the vocabulary: it is not");

  parameter<P, C.context, C.width> positional_embedding;
  std::conditional_t<C.projection_bias, linear<P, C.width, Embed>, parameter<P, C.width, Embed>> text_projection;
  transformer<P, C.width, C.layers, C.heads, Activation, C.hidden_width()> blocks;
  embedding<P, C.vocabulary, C.width> token_embedding;
  norm<P, C.width> ln_final;
  static constexpr auto names =
      fields("positional_embedding", "text_projection", "transformer", "token_embedding", "ln_final");
  static constexpr attention_mask mask = C.causal ? attention_mask::causal : attention_mask::none;

  /// What is locked one after the other: what embeds, the blocks (the last with ln_final), the projection.
  static constexpr int groups = C.layers + 2;

  /// Packed captions -> embeddings [batch, embed], not normalised.
  template <class Device>
  auto operator()(auto& ctx, const packed_captions<Device>& captions) const {
    return tuned(ctx, captions, whole_tower{});
  }

  /// The same in training.
  template <class Device>
  auto tuned(auto& ctx, const packed_captions<Device>& captions, const auto& how) const {
    const auto read = detail::captions_read<C>(ctx, captions);
    return locked(ctx, how.locks(groups - 1), [&](auto& whole) {
      return project(whole, locked(whole, how.locks(C.layers),
                                   [&](auto& c) { return ln_final(c, caption_tokens(c, read, how)); }));
    });
  }

  /// The tokens of all blocks, normalised, [tokens, width]; `observe(name, k, x)` sees the intermediate results.
  template <class Observer = unobserved>
  auto all_tokens(auto& ctx, const packed_captions<>& captions, Observer&& observe = {}) const {
    const auto read = detail::captions_seen<C>(ctx, captions);
    const auto y = ln_final(ctx, blocks(ctx, embed(ctx, read), read.rows(), mask, observe));
    observe("ln_final", 0, y);
    return y;
  }

  /// The embedding [batch, embed] of end tokens [batch, width] as the blocks leave them.
  auto head(auto& ctx, const auto& last_tokens) const { return project(ctx, ln_final(ctx, last_tokens)); }

 private:
  auto project(auto& ctx, const auto& x) const {
    if constexpr (C.projection_bias)
      return text_projection(ctx, x);
    else
      return matmul(ctx, x, as_activation<P>(text_projection));
  }

  /// The token of each caption that is the caption, [batch, width], behind the blocks.
  auto caption_tokens(auto& ctx, const auto& read, const auto& how) const {
    const auto picked = detail::caption_rows<C>(ctx, read);
    const auto x = locked(ctx, how.locks(0), [&](auto& c) { return embed(c, read); });
    return blocks.pooled(ctx, x, read.rows(), mask, picked, [&](int k) { return how.locks(k + 1); });
  }

  /// The tokens' embeddings plus those of their positions, [tokens, width].
  auto embed(auto& ctx, const auto& captions) const {
    const auto positions = ctx.template output<std::int32_t>(captions.ids.shape());
    run_forward<ops::row_positions>(ctx, captions.rows(), positions.size(), positions.data());
    const auto tokens_seen = gather(ctx, token_embedding.weight, captions.ids);
    return eval(ctx, as_activation<P>(tokens_seen + gather(ctx, positional_embedding, positions)));
  }
};

}  // namespace clipt::inline CLIPT_BUILD
