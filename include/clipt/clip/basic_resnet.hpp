// A ResNet of basic blocks with mean pooling: little data and little time are better spent here than on bottlenecks.
#pragma once
#include <type_traits>  // conditional_t

#include <clipt/clip/resnet.hpp>  // convolution, batch_normalization, resnet_stage, run_stages, shortcuts

namespace clipt::inline CLIPT_BUILD {

/// Two 3 x 3 convolutions, the first with the stride, around a shortcut. Source: He et al., 2016, figure 2.
template <class P, dim_t In, dim_t Out, dim_t Stride>
struct basic_block {
  static constexpr bool keeps_shape = In == Out && Stride == 1;

  convolution<P, In, Out, 3, Stride> conv1;
  batch_normalization<P, Out> bn1;
  convolution<P, Out, Out, 3> conv2;
  batch_normalization<P, Out> bn2;
  std::conditional_t<keeps_shape, identity_shortcut, projected_shortcut<P, In, Out, Stride>> downsample;
  static constexpr auto names = fields("conv1", "bn1", "conv2", "bn2", "downsample");

  auto operator()(auto& ctx, const auto& x) const {
    const auto seen = bn1.rectified(ctx, conv1, x);
    return bn2.rectified(ctx, conv2, seen, downsample(ctx, x));
  }
};

/// A stage of basic blocks: [batch, side, side, In] -> [batch, side / Stride, side / Stride, Out].
template <class P, dim_t In, dim_t Out, dim_t Stride, int Blocks>
using basic_stage = resnet_stage<basic_block<P, In, Out, Stride>, basic_block<P, Out, Out, 1>, Blocks>;

/// A ResNet for small pictures: one convolution as stem, four stages, the mean over all places, a projection.
template <basic_resnet_config C, dim_t Embed, class P>
struct basic_resnet {
  static_assert(divides<8 * C.stem_stride, C.image>::evenly,
                "clipt::basic_resnet: 8 strides of the stem divide the side of the pictures: they do not");

  convolution<P, 3, C.width, C.stem_kernel, C.stem_stride> conv1;
  batch_normalization<P, C.width> bn1;
  basic_stage<P, C.width, C.width, 1, C.stages[0]> layer1;
  basic_stage<P, C.width, 2 * C.width, 2, C.stages[1]> layer2;
  basic_stage<P, 2 * C.width, 4 * C.width, 2, C.stages[2]> layer3;
  basic_stage<P, 4 * C.width, 8 * C.width, 2, C.stages[3]> layer4;
  linear<P, C.feature_width(), Embed> proj;
  static constexpr auto names = fields("conv1", "bn1", "layer1", "layer2", "layer3", "layer4", "proj");

  /// What is locked one after the other: the stem, the four stages, the projection.
  static constexpr int groups = 6;

  /// Pictures [batch, 3, image, image], normalised -> embeddings [batch, embed], not normalised.
  /// `observe(name, k, x)` sees the stages' results, [batch, height, width, channels].
  template <class Observer = unobserved>
  auto operator()(auto& ctx, const auto& images, Observer&& observe = {}) const {
    return proj(ctx, features(ctx, images, observe));
  }

  /// The same in training. Errors: shape_error for patch_dropout.
  auto tuned(auto& ctx, const auto& images, const auto& how) const {
    refuse_patch_dropout(how);
    return locked(ctx, how.locks(groups - 1), [&](auto& c) { return proj(c, features(c, images, unobserved{}, how)); });
  }

  /// What is projected: the mean over all places, [batch, 8 width]. Linear probes read it.
  template <class Observer = unobserved, class How = whole_tower>
  auto features(auto& ctx, const auto& images, Observer&& observe = {}, const How& how = {}) const {
    const auto x = locked(ctx, how.locks(0), [&](auto& c) {
      return bn1.rectified(c, conv1, permute<0, 2, 3, 1>(c, as_activation<P>(images)));
    });
    const auto places = run_stages(ctx, x, observe, how, 1, layer1, layer2, layer3, layer4);
    const auto mean = avg_pool2d<C.grid()>(ctx, places);
    return reshape(mean, shape<batch, C.feature_width()>(images.shape().extent(0)));
  }
};

}  // namespace clipt::inline CLIPT_BUILD
