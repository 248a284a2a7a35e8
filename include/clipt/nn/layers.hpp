// Layers: aggregates of parameters with a call operator `layer(ctx, x)`.
#pragma once
#include <array>  // array

#include <clipt/autodiff/checkpoint.hpp>  // checkpoint, keep_only, locked
#include <clipt/nn/attention.hpp>         // self_attention
#include <clipt/nn/gather.hpp>            // gather
#include <clipt/nn/layer_norm.hpp>        // layer_norm
#include <clipt/nn/narrow.hpp>            // as_activation
#include <clipt/nn/products.hpp>          // affine
#include <clipt/nn/reflect.hpp>           // fields
#include <clipt/nn/reshaping.hpp>         // slice

namespace clipt::inline CLIPT_BUILD {

/// x weightᵀ + bias: [..., in] -> [..., out]. PyTorch equivalent: `nn.Linear(in, out)`.
template <class P, dim_t In, dim_t Out>
struct linear {
  parameter<P, Out, In> weight;
  parameter<P, Out> bias;
  static constexpr auto names = fields("weight", "bias");

  auto operator()(auto& ctx, const auto& x) const {
    return affine(ctx, x, as_activation<P>(weight), as_activation<P>(bias));
  }
};

/// layer_norm along the last axis with a learned gain and bias: [..., width]. PyTorch equivalent:
/// `nn.LayerNorm(width)`.
template <class P, dim_t Width>
struct norm {
  parameter<P, Width> weight;
  parameter<P, Width> bias;
  static constexpr auto names = fields("weight", "bias");

  auto operator()(auto& ctx, const auto& x) const { return layer_norm(ctx, x, weight, bias); }
};

/// Rows of a table by number: std::int32_t [...] -> [..., width]. PyTorch equivalent: `nn.Embedding(count, width)`.
template <class P, dim_t Count, dim_t Width>
struct embedding {
  parameter<P, Count, Width> weight;
  static constexpr auto names = fields("weight");

  auto operator()(auto& ctx, const auto& ids) const { return as_activation<P>(gather(ctx, weight, ids)); }
};

/// Two linear maps with an elementwise op between: [..., width] -> [..., width]; `Activation` is an op such as
/// ops::gelu.
template <class P, dim_t Width, dim_t Hidden, class Activation, template <class, dim_t, dim_t> class Linear = linear>
struct mlp {
  Linear<P, Width, Hidden> up;
  Linear<P, Hidden, Width> down;
  static constexpr auto names = fields("c_fc", "c_proj");

  auto operator()(auto& ctx, const auto& x) const { return down(ctx, apply<Activation>(up(ctx, x))); }
};

/// Multi-head self-attention: [..., width] -> [..., width]; queries, keys and values are one matrix product.
/// PyTorch equivalent: `nn.MultiheadAttention(width, heads)`, whose names the parameters have.
template <class P, dim_t Width, int Heads, template <class, dim_t, dim_t> class Linear = linear>
struct multi_head_attention {
  Linear<P, Width, 3 * Width> in_proj;
  Linear<P, Width, Width> out_proj;
  static constexpr auto names = fields("in_proj_", "out_proj");

  auto operator()(auto& ctx, const auto& x, const sequence_rows& rows, attention_mask mask) const {
    return out_proj(ctx, self_attention<Heads>(ctx, in_proj(ctx, x), rows, mask));
  }

  /// What one token of each sequence sees of its whole sequence: queries [sequences, width], x [..., width].
  ///
  /// The same numbers as the rows of the full attention that belong to these tokens, with less work.
  auto pooled(auto& ctx, const auto& query, const auto& x, const sequence_rows& rows) const {
    const auto q = projected<0>(ctx, query);
    const auto k = projected<1>(ctx, x);
    const auto v = projected<2>(ctx, x);
    return out_proj(ctx, cross_attention<Heads>(ctx, q, k, v, {nullptr, rows.count, 1}, rows));
  }

  /// The queries (0), keys (1) or values (2) of x: [..., width] -> [..., width].
  template <dim_t Part>
  auto projected(auto& ctx, const auto& x) const {
    if constexpr (std::is_same_v<decltype(in_proj), linear<P, Width, 3 * Width>>)
      return affine(ctx, x, as_activation<P>(slice<0, Part * Width, Width>(ctx, in_proj.weight)),
                    as_activation<P>(slice<0, Part * Width, Width>(ctx, in_proj.bias)));
    else
      return slice<-1, Part * Width, Width>(ctx, in_proj(ctx, x));
  }
};

/// x + attention(norm(x)), then x + mlp(norm(x)): a block of a pre-norm transformer, [tokens, width] -> [tokens,
/// width]. `Linear` is the layer of its linear maps, one with a low-rank addition for instance.
template <class P, dim_t Width, int Heads, class Activation, dim_t Hidden = 4 * Width,
          template <class, dim_t, dim_t> class Linear = linear>
struct residual_block {
  multi_head_attention<P, Width, Heads, Linear> attention;
  norm<P, Width> ln_1;
  mlp<P, Width, Hidden, Activation, Linear> feed_forward;
  norm<P, Width> ln_2;
  static constexpr auto names = fields("attn", "ln_1", "mlp", "ln_2");

  auto operator()(auto& ctx, const auto& x, const sequence_rows& rows, attention_mask mask) const {
    const auto h = eval(ctx, x + attention(ctx, ln_1(ctx, x), rows, mask));
    return eval(ctx, h + feed_forward(ctx, ln_2(ctx, h)));
  }

  /// The block's result at one token of each sequence, `picked` [sequences], which sees its whole sequence.
  auto pooled(auto& ctx, const auto& x, const sequence_rows& rows, const auto& picked) const {
    const auto normalised = ln_1(ctx, x);
    const auto seen = attention.pooled(ctx, gather(ctx, normalised, picked), normalised, rows);
    const auto h = eval(ctx, gather(ctx, x, picked) + seen);
    return eval(ctx, h + feed_forward(ctx, ln_2(ctx, h)));
  }
};

/// Nobody looks: the observer of a model that nobody asks for intermediate results.
struct unobserved {
  void operator()(const char*, int, const auto&) const {}
};

/// keep_only, unless an observer has seen what lies between and may still look at it.
template <class Observer>
auto keep_unobserved(auto& ctx, const auto& mark, const auto& result, const Observer&) {
  if constexpr (std::is_same_v<std::remove_cvref_t<Observer>, unobserved>)
    return keep_only(ctx, mark, result);
  else
    return result;
}

/// Every block learns.
struct nothing_locked {
  constexpr std::false_type operator()(int) const { return {}; }
};

/// A stack of residual blocks over the sequences of a packed batch: [tokens, width] -> [tokens, width].
template <class P, dim_t Width, int Layers, int Heads, class Activation, dim_t Hidden = 4 * Width,
          template <class, dim_t, dim_t> class Linear = linear>
struct transformer {
  std::array<residual_block<P, Width, Heads, Activation, Hidden, Linear>, Layers> blocks;
  static constexpr auto names = fields("resblocks");

  /// All tokens of all blocks; `observe("block", k, x)` sees the result of block k.
  template <class Observer = unobserved>
  auto operator()(auto& ctx, const auto& x, const sequence_rows& rows, attention_mask mask,
                  Observer&& observe = {}) const {
    auto h = blocks[0](ctx, x, rows, mask);
    observe("block", 0, h);
    for (int k = 1; k < Layers; ++k) {
      h = blocks[k](ctx, h, rows, mask);
      observe("block", k, h);
    }
    return h;
  }

  /// All tokens of the first `count` blocks; of none x itself. Those for whose number `locks` is true get no gradient.
  template <class Locks = nothing_locked>
  auto first(auto& ctx, int count, const auto& x, const sequence_rows& rows, attention_mask mask,
             Locks locks = {}) const {
    const auto mark = ctx.memory().values.mark();
    auto h = eval(ctx, x);
    for (int k = 0; k < count; ++k) h = keep_only(ctx, mark, run(ctx, blocks[k], h, rows, mask, locks(k)));
    return h;
  }

  /// One token of each sequence, `picked`, which must see its whole sequence: the last block computes only that.
  template <class Locks = nothing_locked>
  auto pooled(auto& ctx, const auto& x, const sequence_rows& rows, attention_mask mask, const auto& picked,
              Locks locks = {}) const {
    const auto last = [&](auto& c, const auto& h) { return blocks[Layers - 1].pooled(c, h, rows, picked); };
    if constexpr (Layers == 1) {
      return locked(ctx, locks(Layers - 1), [&](auto& c) { return last(c, x); });
    } else {
      const auto mark = ctx.memory().values.mark();
      auto h = keep_only(ctx, mark, run(ctx, blocks[0], x, rows, mask, locks(0)));
      for (int k = 1; k + 1 < Layers; ++k) h = keep_only(ctx, mark, run(ctx, blocks[k], h, rows, mask, locks(k)));
      return locked(ctx, locks(Layers - 1), [&](auto& c) { return last(c, h); });
    }
  }

 private:
  // With settings.checkpoints only the block's result is kept, and the rest computed again in the backward pass.
  static auto run(auto& ctx, const auto& block, const auto& x, const sequence_rows& rows, attention_mask mask,
                  auto is_locked) {
    const auto call = [part = &block, rows = detail::kept(ctx, rows), mask](auto& c, const auto& input) {
      return (*part)(c, input, rows, mask);
    };
    if constexpr (std::remove_cvref_t<decltype(ctx)>::records)
      if (ctx.settings.checkpoints && !is_locked) return checkpoint(ctx, call, x);
    return locked(ctx, is_locked, [&](auto& c) { return call(c, x); });
  }
};

}  // namespace clipt::inline CLIPT_BUILD
