// The vision transformer: patches and a class token through a transformer; the class token is the picture.
#pragma once
#include <algorithm>    // max
#include <type_traits>  // conditional_t

#include <clipt/autodiff/checkpoint.hpp>  // in_groups, locked
#include <clipt/clip/config.hpp>          // vit_config
#include <clipt/clip/query_pool.hpp>      // query_pool
#include <clipt/clip/token_mean.hpp>      // token_mean
#include <clipt/clip/tower_tuning.hpp>    // tower_tuning, kept_patches
#include <clipt/nn/gather.hpp>            // gather
#include <clipt/nn/layers.hpp>            // transformer, norm
#include <clipt/nn/patchify.hpp>          // patchify
#include <clipt/nn/reshaping.hpp>         // prepend_token, reshape, slice

namespace clipt::inline CLIPT_BUILD {

/// The patch convolution: a parameter in the layout of a convolution's weight, applied as a matrix product.
template <class P, vit_config C>
struct patch_embedding {
  parameter<P, C.width, 3, C.patch, C.patch> weight;
  static constexpr auto names = fields("weight");

  /// [batch, 3, image, image] -> [batch, grid², width]
  auto operator()(auto& ctx, const auto& images) const {
    constexpr dim_t patch_size = 3 * C.patch * C.patch;
    const auto filters = reshape<shape<C.width, patch_size>>(as_expression(weight));
    return matmul_nt(ctx, patchify<C.patch>(ctx, as_activation<P>(images)), as_activation<P>(filters));
  }
};

/// The layer that a model leaves out.
struct left_out {
  static constexpr auto names = fields();

  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, x); }
};

/// A vision transformer. Source: Dosovitskiy et al., 2021, with the extra normalisation before the blocks of CLIP.
template <vit_config C, dim_t Embed, class P, class Activation>
struct vision_transformer {
  static constexpr bool pools_by_queries = C.pool_queries > 0;
  static constexpr dim_t pooled_width = pools_by_queries ? Embed : dim_t(C.width);
  static_assert(divides<C.patch, C.image>::evenly,
                "clipt::vision_transformer: the patch size divides the image size: it does not");
  static_assert(divides<C.heads, C.width>::evenly,
                "clipt::vision_transformer: the number of heads divides the width: it does not");

  parameter<P, C.width> class_embedding;
  parameter<P, C.tokens(), C.width> positional_embedding;
  parameter<P, pooled_width, Embed> proj;
  patch_embedding<P, C> patches;
  std::conditional_t<C.ln_pre, norm<P, C.width>, left_out> ln_pre;
  transformer<P, C.width, C.layers, C.heads, Activation, C.hidden_width()> blocks;
  norm<P, pooled_width> ln_post;
  std::conditional_t<pools_by_queries, query_pool<P, C, Embed>, left_out> attn_pool;
  static constexpr auto names = fields("class_embedding", "positional_embedding", "proj", "conv1", "ln_pre",
                                       "transformer", "ln_post", "attn_pool");

  /// What is locked one after the other: what embeds, the blocks (the last with what normalises behind it), `proj`.
  static constexpr int groups = C.layers + 2;

  /// Pictures [batch, 3, image, image], normalised -> embeddings [batch, embed], not normalised.
  auto operator()(auto& ctx, const auto& images) const { return tuned(ctx, images, whole_tower{}); }

  /// The same in training. Errors: shape_error for patch_dropout where the patches' mean is the picture.
  auto tuned(auto& ctx, const auto& images, const auto& how) const {
    return locked(ctx, how.locks(groups - 1), [&](auto& c) { return matmul(c, features(c, images, how), as_activation<P>(proj)); });
  }

  /// What is projected: the pooled token of all blocks, normalised, [batch, width], behind attention pooling
  /// [batch, embed]. Linear probes read it.
  template <class How = whole_tower>
  auto features(auto& ctx, const auto& images, const How& how = {}) const {
    return in_groups(
        ctx, pictures_at_once, [&](auto& c, const auto& group) { return pooled(c, group, how); }, images);
  }

  /// The tokens of all blocks [batch, grid² + 1, width]; `observe(name, k, x)` sees the intermediate results on the
  /// way.
  template <class Observer = unobserved>
  auto tokens(auto& ctx, const auto& images, Observer&& observe = {}) const {
    const auto x = embed(ctx, images, observe);
    const auto y = blocks(ctx, x, rows_of(x), attention_mask::none, observe);
    return reshape(y, shape<batch, C.tokens(), C.width>(rows_of(x).count));
  }

  /// The tokens that block `k` sees, [batch, grid² + 1, width]: those of the blocks before it.
  auto tokens_before(auto& ctx, const auto& images, int k) const {
    const auto x = embed(ctx, images);
    const auto y = blocks.first(ctx, k, x, rows_of(x), attention_mask::none);
    return reshape(y, shape<batch, C.tokens(), C.width>(rows_of(x).count));
  }

  /// The embedding [batch, embed] of class tokens [batch, width].
  auto head(auto& ctx, const auto& class_tokens) const {
    static_assert(!pools_by_queries,
                  "clipt::vision_transformer: tokens are projected: attention pooling projects what its queries see");
    return matmul(ctx, ln_post(ctx, class_tokens), as_activation<P>(proj));
  }

 private:
  // Residual streams of up to 9 MB: more pictures at once are no faster and need more memory, some 20 times that.
  static constexpr dim_t pictures_at_once = std::max<dim_t>(1, 2300000 / (C.tokens() * C.width));

  auto pooled(auto& ctx, const auto& images, const auto& how) const {
    return locked(ctx, how.locks(C.layers), [&](auto& c) { return pooled_tokens(c, images, how); });
  }
  auto pooled_tokens(auto& ctx, const auto& images, const auto& how) const {
    const auto x = kept_tokens(ctx, images, how);
    const sequence_rows rows{nullptr, images.shape().extent(0), tokens_kept(how)};
    if constexpr (pools_by_queries)
      return attn_pool(ctx, all_blocks(ctx, x, rows, how), rows, ln_post);
    else if constexpr (C.pooling == vision_pooling::class_token)
      return ln_post(ctx, class_tokens(ctx, x, rows, how));
    else
      return mean_of_patches(ctx, all_blocks(ctx, x, rows, how));
  }

  /// What the blocks see: all tokens, or in training the class tokens and some of the patches, [tokens, width].
  auto kept_tokens(auto& ctx, const auto& images, const auto& how) const {
    const auto x = locked(ctx, how.locks(0), [&](auto& c) { return embed(c, images); });
    if constexpr (!std::is_same_v<decltype(how.drops_patches()), std::false_type>)
      if (how.drops_patches()) return some_tokens(ctx, x, images.shape().extent(0), how);
    return x;
  }
  auto some_tokens(auto& ctx, const auto& x, dim_t pictures, const auto& how) const {
    if constexpr (C.pooling != vision_pooling::class_token && !pools_by_queries)
      throw shape_error(
          "clipt::vision_transformer: patch_dropout is for pictures that one token becomes, or queries: here the mean "
          "of "
          "all patches does");
    const auto kept = ctx.template output<std::int32_t>(shape<clipt::tokens>(pictures * tokens_kept(how)));
    run_forward<ops::generate_rows>(ctx, pictures, tokens_kept(how), kept_patches(how, C.tokens() - 1), kept.data());
    return gather(ctx, x, kept);
  }

  /// Of each picture.
  static dim_t tokens_kept(const auto& how) {
    if constexpr (std::is_same_v<decltype(how.drops_patches()), std::false_type>)
      return C.tokens();
    else
      return 1 + how.patches_kept(C.tokens() - 1);
  }

  static sequence_rows rows_of(const auto& x) { return {nullptr, x.shape().extent(0) / C.tokens(), C.tokens()}; }

  /// [tokens, width] -> [batch, width]; of the last block no more is computed.
  auto class_tokens(auto& ctx, const auto& x, const sequence_rows& rows, const auto& how) const {
    const auto class_rows = ctx.template output<std::int32_t>(shape<batch>(rows.count));
    run_forward<ops::choose_rows>(ctx, rows, first_row{}, class_rows.data());
    return blocks.pooled(ctx, x, rows, attention_mask::none, class_rows, [&](int k) { return how.locks(k + 1); });
  }

  auto all_blocks(auto& ctx, const auto& x, const sequence_rows& rows, const auto& how) const {
    return blocks.first(ctx, C.layers, x, rows, attention_mask::none, [&](int k) { return how.locks(k + 1); });
  }

  /// [tokens, width] -> [batch, width]
  auto mean_of_patches(auto& ctx, const auto& x) const {
    const auto sequences = reshape(x, shape<batch, C.tokens(), C.width>(rows_of(x).count));
    const auto patches = slice<1, 1, C.tokens() - 1>(ctx, sequences);
    if constexpr (C.pooling == vision_pooling::mean)
      return token_mean(ctx, ln_post(ctx, patches));
    else
      return ln_post(ctx, token_mean(ctx, patches));
  }

  /// [batch, 3, image, image] -> [tokens, width]
  template <class Observer = unobserved>
  auto embed(auto& ctx, const auto& images, Observer&& observe = {}) const {
    const auto patched = patches(ctx, images);
    observe("patch", 0, patched);
    const auto sequence = prepend_token(ctx, as_activation<P>(class_embedding), patched);
    const auto x = ln_pre(ctx, sequence + as_activation<P>(positional_embedding));
    observe("ln_pre", 0, x);
    return reshape(x, shape<clipt::tokens, C.width>(x.shape().rows()));
  }
};

}  // namespace clipt::inline CLIPT_BUILD
