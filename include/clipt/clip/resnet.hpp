// CLIP's ModifiedResNet: a three-convolution stem, bottlenecks that pool before they stride, and attention pooling.
#pragma once
#include <algorithm>  // max
#include <array>      // array

#include <clipt/autodiff/checkpoint.hpp>   // in_groups, locked
#include <clipt/clip/config.hpp>           // resnet_config
#include <clipt/clip/tower_tuning.hpp>     // tower_tuning
#include <clipt/nn/conv2d_batch_norm.hpp>  // conv2d_batch_norm
#include <clipt/nn/layers.hpp>             // linear, unobserved
#include <clipt/nn/pooling.hpp>            // avg_pool2d
#include <clipt/nn/reshaping.hpp>          // permute, reshape, concat, slice

namespace clipt::inline CLIPT_BUILD {

/// A convolution without bias; pictures are [batch, height, width, channels], the weight is [out, in, kernel, kernel].
template <class P, dim_t In, dim_t Out, dim_t Kernel, dim_t Stride = 1>
struct convolution {
  static constexpr dim_t stride = Stride, padding = Kernel / 2;

  parameter<P, Out, In, Kernel, Kernel> weight;
  static constexpr auto names = fields("weight");

  auto operator()(auto& ctx, const auto& x) const {
    return conv2d<stride, padding>(ctx, x, as_activation<P>(weight));
  }
};

/// Batch normalisation with running statistics. PyTorch equivalent: `nn.BatchNorm2d(channels)`.
template <class P, dim_t Channels>
struct batch_normalization {
  parameter<P, Channels> weight;
  parameter<P, Channels> bias;
  mutable device_buffer<typename P::device, typename P::parameter_type, Channels> running_mean;
  mutable device_buffer<typename P::device, typename P::parameter_type, Channels> running_var;
  mutable buffer<std::int64_t> num_batches_tracked;
  static constexpr auto names = fields("weight", "bias", "running_mean", "running_var", "num_batches_tracked");

  auto operator()(auto& ctx, const auto& x) const {
    count_batch(ctx);
    return batch_norm(ctx, x, weight, bias, running_mean, running_var);
  }
  /// The convolution of x, normalised.
  template <class Convolution>
  auto of(auto& ctx, const Convolution& convolution, const auto& x) const {
    count_batch(ctx);
    return conv2d_batch_norm<Convolution::stride, Convolution::padding>(
        ctx, x, as_activation<P>(convolution.weight), weight, bias, running_mean, running_var);
  }
  /// max(0, the convolution of x, normalised), or max(0, the same + shortcut).
  template <class Convolution>
  auto rectified(auto& ctx, const Convolution& convolution, const auto& x, const auto&... shortcut) const {
    count_batch(ctx);
    return conv2d_batch_norm_relu<Convolution::stride, Convolution::padding>(
        ctx, x, as_activation<P>(convolution.weight), weight, bias, running_mean, running_var, shortcut...);
  }

 private:
  void count_batch(const auto& ctx) const {
    if (ctx.settings.batch_statistics() && !ctx.settings.recomputing) ++num_batches_tracked[0];
  }
};

/// The shortcut of a block whose shape changes: average pooling, then a 1 x 1 convolution and a normalisation.
template <class P, dim_t In, dim_t Out, dim_t Stride>
struct projected_shortcut {
  convolution<P, In, Out, 1> project;
  batch_normalization<P, Out> normalise;
  static constexpr auto names = fields("0", "1");

  auto operator()(auto& ctx, const auto& x) const { return normalise.of(ctx, project, avg_pool2d<Stride>(ctx, x)); }
};

/// The shortcut of a block whose shape stays: nothing.
struct identity_shortcut {
  static constexpr auto names = fields();

  auto operator()(auto&, const auto& x) const { return x; }
};

/// 1 x 1, 3 x 3 and 1 x 1 convolutions around a shortcut; the stride is an average pooling after the second.
/// Source: He et al., 2016, as OpenAI's ModifiedResNet changes it.
template <class P, dim_t In, dim_t Planes, dim_t Stride, class Shortcut>
struct bottleneck {
  convolution<P, In, Planes, 1> conv1;
  batch_normalization<P, Planes> bn1;
  convolution<P, Planes, Planes, 3> conv2;
  batch_normalization<P, Planes> bn2;
  convolution<P, Planes, 4 * Planes, 1> conv3;
  batch_normalization<P, 4 * Planes> bn3;
  Shortcut downsample;
  static constexpr auto names = fields("conv1", "bn1", "conv2", "bn2", "conv3", "bn3", "downsample");

  auto operator()(auto& ctx, const auto& x) const {
    const auto narrow = bn1.rectified(ctx, conv1, x);
    const auto seen = avg_pool2d<Stride>(ctx, bn2.rectified(ctx, conv2, narrow));
    return bn3.rectified(ctx, conv3, seen, downsample(ctx, x));
  }
};

/// Blocks of one width; only the first changes the shape.
template <class First, class Next, int Blocks>
struct resnet_stage {
  First first;
  std::array<Next, Blocks - 1> rest;
  static constexpr auto names = fields("0", "+1");

  auto operator()(auto& ctx, const auto& x) const {
    const auto mark = ctx.memory().values.mark();
    auto h = keep_only(ctx, mark, first(ctx, x));
    for (const auto& block : rest) h = keep_only(ctx, mark, block(ctx, h));
    return h;
  }
};

/// Stage `number` and those that follow; `observe("layer", number, x)` sees the result of each.
auto run_stages(auto& ctx, const auto& x, auto& observe, const auto& how, int number, const auto& stage,
                const auto&... rest) {
  const auto y = locked(ctx, how.locks(number), [&](auto& c) { return stage(c, x); });
  observe("layer", number, y);
  if constexpr (sizeof...(rest) == 0)
    return y;
  else
    return run_stages(ctx, y, observe, how, number + 1, rest...);
}

/// Only the patches of a vision transformer can be left out.
void refuse_patch_dropout(const auto& how) {
  if (how.drops_patches())
    throw shape_error("clipt::modified_resnet: patch_dropout: a ResNet has no patches to leave out; take 0");
}

/// A stage of bottlenecks: [batch, side, side, In] -> [batch, side / Stride, side / Stride, 4 Planes].
template <class P, dim_t In, dim_t Planes, dim_t Stride, int Blocks>
using bottleneck_stage = resnet_stage<bottleneck<P, In, Planes, Stride, projected_shortcut<P, In, 4 * Planes, Stride>>,
                                      bottleneck<P, 4 * Planes, Planes, 1, identity_shortcut>, Blocks>;

/// Attention whose only query is the mean of all places: [batch, grid, grid, width] -> [batch, embed].
template <class P, dim_t Grid, dim_t Width, dim_t Embed, int Heads>
struct attention_pool {
  parameter<P, Grid * Grid + 1, Width> positional_embedding;
  linear<P, Width, Width> k_proj, q_proj, v_proj;
  linear<P, Width, Embed> c_proj;
  static constexpr auto names = fields("positional_embedding", "k_proj", "q_proj", "v_proj", "c_proj");

  auto operator()(auto& ctx, const auto& x) const {
    constexpr dim_t places = Grid * Grid;
    const dim_t n = x.shape().extent(0);
    const auto mean = reshape(avg_pool2d<Grid>(ctx, x), shape<batch, 1, Width>(n));
    const auto tokens =
        eval(ctx, concat<1>(ctx, mean, reshape(x, shape<batch, places, Width>(n))) +
                      as_activation<P>(positional_embedding));
    const auto query = reshape(slice<1, 0, 1>(ctx, tokens), shape<batch, Width>(n));
    const sequence_rows rows{nullptr, n, places + 1};
    const auto q = q_proj(ctx, query);
    const auto k = k_proj(ctx, tokens);
    const auto v = v_proj(ctx, tokens);
    return c_proj(ctx, cross_attention<Heads>(ctx, q, k, v, {nullptr, n, 1}, rows));
  }
};

/// A ModifiedResNet. Source: Radford et al., 2021, section 2.4.
template <resnet_config C, dim_t Embed, class P>
struct modified_resnet {
  static_assert(divides<C.heads, 32 * C.width>::evenly,
                "clipt::modified_resnet: the number of heads divides 32 widths: it does not");

  convolution<P, 3, C.width / 2, 3, 2> conv1;
  batch_normalization<P, C.width / 2> bn1;
  convolution<P, C.width / 2, C.width / 2, 3> conv2;
  batch_normalization<P, C.width / 2> bn2;
  convolution<P, C.width / 2, C.width, 3> conv3;
  batch_normalization<P, C.width> bn3;
  bottleneck_stage<P, C.width, C.width, 1, C.stages[0]> layer1;
  bottleneck_stage<P, 4 * C.width, 2 * C.width, 2, C.stages[1]> layer2;
  bottleneck_stage<P, 8 * C.width, 4 * C.width, 2, C.stages[2]> layer3;
  bottleneck_stage<P, 16 * C.width, 8 * C.width, 2, C.stages[3]> layer4;
  attention_pool<P, C.grid(), C.feature_width(), Embed, C.heads> attnpool;
  static constexpr auto names =
      fields("conv1", "bn1", "conv2", "bn2", "conv3", "bn3", "layer1", "layer2", "layer3", "layer4", "attnpool");

  /// What is locked one after the other: the stem, the four stages, the pooling.
  static constexpr int groups = 6;

  /// Pictures [batch, 3, image, image], normalised -> embeddings [batch, embed], not normalised.
  /// `observe(name, k, x)` sees the intermediate results, [batch, height, width, channels].
  template <class Observer = unobserved>
  auto operator()(auto& ctx, const auto& images, Observer&& observe = {}) const {
    if constexpr (std::is_same_v<std::remove_cvref_t<Observer>, unobserved>)
      return tuned(ctx, images, whole_tower{});
    else
      return whole(ctx, images, observe, whole_tower{});
  }

  /// The same in training. Errors: shape_error for patch_dropout.
  auto tuned(auto& ctx, const auto& images, const auto& how) const {
    refuse_patch_dropout(how);
    unobserved nobody;
    return locked(ctx, how.locks(groups - 1), [&](auto& ctx_of_all) {
      return in_groups(
          ctx_of_all, pictures_at_once, [&](auto& c, const auto& group) { return whole(c, group, nobody, how); },
          images);
    });
  }

 private:
  // Results of up to 32 MB: more pictures at once are no faster and need more memory.
  static constexpr dim_t first_result = dim_t(C.image) * C.image * C.width / (C.stem_pool ? 4 : 1);
  static constexpr dim_t pictures_at_once = std::max<dim_t>(1, (dim_t(1) << 23) / first_result);

  auto whole(auto& ctx, const auto& images, auto& observe, const auto& how) const {
    const auto x = locked(ctx, how.locks(0), [&](auto& c) {
      const auto mark = c.memory().values.mark();
      return keep_unobserved(c, mark, stem(c, permute<0, 2, 3, 1>(c, as_activation<P>(images)), observe), observe);
    });
    return attnpool(ctx, run_stages(ctx, x, observe, how, 1, layer1, layer2, layer3, layer4));
  }

  auto stem(auto& ctx, const auto& pixels, auto& observe) const {
    const auto a = bn1.rectified(ctx, conv1, pixels);
    const auto b = bn2.rectified(ctx, conv2, a);
    const auto c = bn3.rectified(ctx, conv3, b);
    observe("relu", 3, c);
    if constexpr (C.stem_pool) {
      const auto pooled = avg_pool2d<2>(ctx, c);
      observe("avgpool", 0, pooled);
      return pooled;
    } else {
      return c;
    }
  }
};

}  // namespace clipt::inline CLIPT_BUILD
