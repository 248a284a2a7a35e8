// Attention pooling of a vision transformer: learned queries look at its tokens; what they see becomes the picture.
#pragma once
#include <type_traits>  // conditional_t

#include <clipt/clip/config.hpp>      // vit_config
#include <clipt/clip/token_mean.hpp>  // token_mean
#include <clipt/nn/layers.hpp>        // linear, norm, cross_attention, gather, slice

namespace clipt::inline CLIPT_BUILD {

/// The maps to queries, keys and values, of one width: one matrix, of which `weight<0>` to `weight<2>` are thirds.
template <class P, dim_t Width>
struct stacked_projections {
  parameter<P, 3 * Width, Width> in_proj_weight;
  static constexpr auto names = fields("in_proj_weight");

  template <int Part>
  auto weight(auto& ctx) const {
    return slice<0, Part * Width, Width>(ctx, in_proj_weight);
  }
};

/// The maps to queries, keys and values where what is looked at has a width of its own.
template <class P, dim_t Width, dim_t Seen>
struct separate_projections {
  parameter<P, Width, Width> q_proj_weight;
  parameter<P, Width, Seen> k_proj_weight, v_proj_weight;
  static constexpr auto names = fields("q_proj_weight", "k_proj_weight", "v_proj_weight");

  template <int Part>
  const auto& weight(auto&) const {
    if constexpr (Part == 0)
      return q_proj_weight;
    else if constexpr (Part == 1)
      return k_proj_weight;
    else
      return v_proj_weight;
  }
};

/// Attention of the same queries [queries, width] to every sequence of x [..., seen] -> [sequences queries, width].
/// PyTorch equivalent: `nn.MultiheadAttention(width, heads, kdim=seen, vdim=seen)`, whose names the parameters have.
template <class P, dim_t Width, dim_t Seen, int Heads>
struct query_attention {
  std::conditional_t<Width == Seen, stacked_projections<P, Width>, separate_projections<P, Width, Seen>> projections;
  parameter<P, 3 * Width> in_proj_bias;
  linear<P, Width, Width> out_proj;
  static constexpr auto names = fields("", "in_proj_bias", "out_proj");

  auto operator()(auto& ctx, const auto& queries, const auto& x, const sequence_rows& rows) const {
    const dim_t count = queries.shape().extent(0);
    const auto q = gather(ctx, part<0>(ctx, queries), repeated(ctx, count, rows.count));
    return out_proj(
        ctx, cross_attention<Heads>(ctx, q, part<1>(ctx, x), part<2>(ctx, x), {nullptr, rows.count, count}, rows));
  }

 private:
  template <int Part>
  auto part(auto& ctx, const auto& x) const {
    return affine(ctx, x, as_activation<P>(projections.template weight<Part>(ctx)),
                  as_activation<P>(slice<0, Part * Width, Width>(ctx, in_proj_bias)));
  }
  /// 0, 1, ..., count - 1, so many times.
  static auto repeated(auto& ctx, dim_t count, dim_t times) {
    const auto ids = ctx.template output<std::int32_t>(shape<tokens>(count * times));
    run_forward<ops::row_positions>(ctx, sequence_rows{nullptr, times, count}, ids.size(), ids.data());
    return ids;
  }
};

/// Learned queries and their attention: tokens [tokens, width] -> one of [embed] a picture.
///
/// Only the queries whose view is pooled are computed: the first, or for the mean all but the first; the others get no
/// gradient. Source: open_clip's AttentionalPooler, Yu et al., 2022, "CoCa".
template <class P, vit_config C, dim_t Embed>
struct query_pool {
  static_assert(divides<C.pool_heads, Embed>::evenly,
                "clipt::query_pool: the number of heads divides the embedding: it does not");
  static_assert(C.pooling != vision_pooling::normalised_mean,
                "clipt::query_pool: what queries see is normalised before its mean: pooling is class_token or mean");
  static_assert(C.pooling == vision_pooling::class_token || C.pool_queries > 1,
                "clipt::query_pool: the mean is over all queries but the first: there is no other");

  parameter<P, C.pool_queries, Embed> query;
  query_attention<P, Embed, C.width, C.pool_heads> attention;
  norm<P, Embed> ln_q;
  norm<P, C.width> ln_k;
  static constexpr auto names = fields("query", "attn", "ln_q", "ln_k");

  static constexpr dim_t first = C.pooling == vision_pooling::class_token ? 0 : 1;
  static constexpr dim_t used = C.pooling == vision_pooling::class_token ? 1 : C.pool_queries - 1;

  /// What is projected, [batch, embed]; `normalise` is applied to what each query sees.
  auto operator()(auto& ctx, const auto& x, const sequence_rows& rows, const auto& normalise) const {
    const auto seen = normalise(ctx, views(ctx, x, rows));
    if constexpr (C.pooling == vision_pooling::class_token)
      return reshape(seen, shape<batch, Embed>(rows.count));
    else
      return token_mean(ctx, seen);
  }

  /// What the queries `first` to `first + used` see of each picture, [batch, used, embed].
  auto views(auto& ctx, const auto& x, const sequence_rows& rows) const {
    const auto queries = ln_q(ctx, as_activation<P>(slice<0, first, used>(ctx, query)));
    return reshape(attention(ctx, queries, ln_k(ctx, x), rows), shape<batch, used, Embed>(rows.count));
  }
};

}  // namespace clipt::inline CLIPT_BUILD
