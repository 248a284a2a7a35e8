// The vision transformer: patches and a class token through a transformer; the class token is the picture.
#pragma once
#include <type_traits>  // conditional_t

#include <clipt/clip/config.hpp>     // vit_config
#include <clipt/nn/convolution.hpp>  // avg_pool2d
#include <clipt/nn/layers.hpp>       // transformer, norm
#include <clipt/nn/patchify.hpp>     // patchify
#include <clipt/nn/reshaping.hpp>    // prepend_token, reshape, slice

namespace clipt {

/// The patch convolution: a parameter in the layout of a convolution's weight, applied as a matrix product.
template <class P, vit_config C>
struct patch_embedding {
  parameter<P, C.width, 3, C.patch, C.patch> weight;
  static constexpr auto names = fields("weight");

  /// [batch, 3, image, image] -> [batch, grid², width]
  auto operator()(auto& ctx, const auto& images) const {
    constexpr dim_t patch_size = 3 * C.patch * C.patch;
    return matmul_nt(ctx, patchify<C.patch>(ctx, images), reshape<shape<C.width, patch_size>>(as_expression(weight)));
  }
};

/// The normalisation that a model leaves out.
struct no_norm {
  static constexpr auto names = fields();

  auto operator()(auto& ctx, const auto& x) const { return eval(ctx, x); }
};

/// A vision transformer. Source: Dosovitskiy et al., 2021, with the extra normalisation before the blocks of CLIP.
template <vit_config C, dim_t Embed, class P, class Activation>
struct vision_transformer {
  static_assert(divides<C.patch, C.image>::evenly,
                "clipt::vision_transformer: the patch size divides the image size: it does not");
  static_assert(divides<C.heads, C.width>::evenly,
                "clipt::vision_transformer: the number of heads divides the width: it does not");

  parameter<P, C.width> class_embedding;
  parameter<P, C.tokens(), C.width> positional_embedding;
  parameter<P, C.width, Embed> proj;
  patch_embedding<P, C> patches;
  std::conditional_t<C.ln_pre, norm<P, C.width>, no_norm> ln_pre;
  transformer<P, C.width, C.layers, C.heads, Activation, C.hidden_width()> blocks;
  norm<P, C.width> ln_post;
  static constexpr auto names =
      fields("class_embedding", "positional_embedding", "proj", "conv1", "ln_pre", "transformer", "ln_post");

  /// Pictures [batch, 3, image, image], normalised -> embeddings [batch, embed], not normalised.
  auto operator()(auto& ctx, const auto& images) const { return matmul(ctx, features(ctx, images), proj); }

  /// What is projected: the pooled token of all blocks, normalised, [batch, width]. Linear probes read it.
  auto features(auto& ctx, const auto& images) const {
    const auto x = embed(ctx, images);
    if constexpr (C.pooling == vision_pooling::class_token)
      return ln_post(ctx, class_tokens(ctx, x, rows_of(x)));
    else
      return mean_of_patches(ctx, blocks.first(ctx, C.layers, x, rows_of(x), attention_mask::none));
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
  auto head(auto& ctx, const auto& class_tokens) const { return matmul(ctx, ln_post(ctx, class_tokens), proj); }

 private:
  static sequence_rows rows_of(const auto& x) { return {nullptr, x.shape.extent(0) / C.tokens(), C.tokens()}; }

  /// [tokens, width] -> [batch, width]; of the last block no more is computed.
  auto class_tokens(auto& ctx, const auto& x, const sequence_rows& rows) const {
    auto class_rows = ctx.template output<std::int32_t>(shape<batch>(rows.count));
    for (dim_t i = 0; i < rows.count; ++i) class_rows.data[i] = static_cast<std::int32_t>(i * C.tokens());
    return blocks.pooled(ctx, x, rows, attention_mask::none, class_rows);
  }

  /// [tokens, width] -> [batch, width]
  auto mean_of_patches(auto& ctx, const auto& x) const {
    const dim_t n = rows_of(x).count;
    const auto patches = slice<1, 1, C.tokens() - 1>(ctx, reshape(x, shape<batch, C.tokens(), C.width>(n)));
    const auto mean = [&](const auto& y) {
      const auto places = reshape(y, shape<batch, C.grid(), C.grid(), C.width>(n));
      return reshape(avg_pool2d<C.grid()>(ctx, places), shape<batch, C.width>(n));
    };
    if constexpr (C.pooling == vision_pooling::mean)
      return mean(ln_post(ctx, patches));
    else
      return ln_post(ctx, mean(patches));
  }

  /// [batch, 3, image, image] -> [tokens, width]
  template <class Observer = unobserved>
  auto embed(auto& ctx, const auto& images, Observer&& observe = {}) const {
    const auto patched = patches(ctx, images);
    observe("patch", 0, patched);
    const auto sequence = prepend_token(ctx, class_embedding, patched);
    const auto x = ln_pre(ctx, sequence + positional_embedding);
    observe("ln_pre", 0, x);
    return reshape(x, shape<clipt::tokens, C.width>(x.shape.rows()));
  }
};

}  // namespace clipt
