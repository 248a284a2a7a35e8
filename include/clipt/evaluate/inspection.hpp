// What a vision transformer sees where: embeddings of its patches, and where its attention goes.
#pragma once
#include <fmt/format.h>  // format

#include <clipt/clip/model.hpp>  // clip

namespace clipt::inline CLIPT_BUILD {

/// The image tower of a model is a vision transformer, `image_tower_of<clip<vit_b_32>>::has_patches`, and its tokens,
/// not what queries see of them, are projected.
template <class Model>
struct image_tower_of {
  static constexpr bool has_patches = requires { Model::config.vision.patch; };
  static constexpr bool projects_tokens = [] {
    if constexpr (has_patches) return Model::config.vision.pool_queries == 0;
    return true;
  }();
};

/// The embeddings of all patches: [batch, grid², embed], row by row of the picture, not normalised.
///
/// The last block's tokens, each normalised and projected as the class token is. They were never trained to be near
/// texts, only the class token was. PyTorch equivalent: `(ln_post(x) @ proj)[:, 1:]` in the tower's forward.
template <class Model>
auto patch_embeddings(auto& ctx, const Model& model, const tensor_like auto& pictures) {
  static_assert(image_tower_of<Model>::has_patches,
                "clipt::patch_embeddings: the image tower is a vision transformer: it is another one");
  static_assert(image_tower_of<Model>::projects_tokens,
                "clipt::patch_embeddings: each token is projected as the class token is: attention pooling projects "
                "others");
  if constexpr (image_tower_of<Model>::has_patches && image_tower_of<Model>::projects_tokens) {
    const auto tokens = model.visual.tokens(ctx, as_expression(pictures));
    return model.visual.head(ctx, slice<1, 1, Model::config.vision.tokens() - 1>(ctx, tokens));
  }
}

namespace detail {

/// Queries or keys of all heads, [batch, heads, tokens, head width], from the projections [batch, tokens, width].
template <int Heads>
auto by_heads(auto& ctx, const auto& x) {
  using S = typename std::remove_cvref_t<decltype(x)>::shape_type;
  constexpr dim_t count = S::static_extent(1), head_width = S::static_extent(2) / Heads;
  return permute<0, 2, 1, 3>(ctx, reshape(x, shape<batch, count, Heads, head_width>(x.shape().extent(0))));
}

/// The attention of the first `Queries` tokens in block `k`: [batch, heads, Queries, tokens].
template <dim_t Queries, class Model>
auto attention_of(auto& ctx, const char* function, const Model& model, const auto& pictures, int k) {
  constexpr auto vision = Model::config.vision;
  constexpr dim_t width = vision.width;
  if (k < 0 || k >= vision.layers)
    throw shape_error(fmt::format("clipt::{}: block {} of {}: they are numbered from 0", function, k, vision.layers));
  const auto& block = model.visual.blocks.blocks[static_cast<std::size_t>(k)];
  const auto x = block.ln_1(ctx, model.visual.tokens_before(ctx, as_expression(pictures), k));
  const auto q = block.attention.template projected<0>(ctx, slice<1, 0, Queries>(ctx, x));
  const auto key = block.attention.template projected<1>(ctx, x);
  const auto scores = matmul_nt(ctx, by_heads<vision.heads>(ctx, q), by_heads<vision.heads>(ctx, key));
  return softmax(ctx, scores * (1 / std::sqrt(static_cast<typename Model::value_type>(width / vision.heads))));
}

}  // namespace detail

/// Where each token looks in block `k`, from 0: [batch, heads, tokens, tokens], rows of probabilities.
///
/// Token 0 is the class token, token 1 + i patch i. The blocks after `k` are not computed. Errors: shape_error if there
/// is no such block. transformers equivalent: `output_attentions=True`, then `attentions[k]`.
template <class Model>
auto attention_map(auto& ctx, const Model& model, const tensor_like auto& pictures, int k) {
  static_assert(image_tower_of<Model>::has_patches,
                "clipt::attention_map: the image tower is a vision transformer: it is another one");
  if constexpr (image_tower_of<Model>::has_patches)
    return detail::attention_of<Model::config.vision.tokens()>(ctx, "attention_map", model, pictures, k);
}

/// Where the class token looks in block `k`: [batch, heads, tokens], the first row of each attention map, without the
/// work for the others.
template <class Model>
auto class_attention(auto& ctx, const Model& model, const tensor_like auto& pictures, int k) {
  static_assert(image_tower_of<Model>::has_patches,
                "clipt::class_attention: the image tower is a vision transformer: it is another one");
  if constexpr (image_tower_of<Model>::has_patches) {
    constexpr auto vision = Model::config.vision;
    const auto map = detail::attention_of<1>(ctx, "class_attention", model, pictures, k);
    return reshape(map, shape<batch, vision.heads, vision.tokens()>(map.shape().extent(0)));
  }
}

}  // namespace clipt::inline CLIPT_BUILD
