// Layers of networks for pictures: biased_convolution, group_normalization, drop.
#pragma once
#include <clipt/nn/convolution.hpp>  // conv2d
#include <clipt/nn/group_norm.hpp>   // group_norm
#include <clipt/nn/narrow.hpp>       // as_activation
#include <clipt/nn/pooling.hpp>      // avg_pool2d, max_pool2d
#include <clipt/nn/reflect.hpp>      // fields

namespace clipt::inline CLIPT_BUILD {

/// conv2d with a learned bias: [batch, height, width, in] -> [batch, ..., ..., out]. PyTorch equivalent:
/// `nn.Conv2d(in, out, kernel, stride, padding, dilation, groups)`.
template <class P, dim_t In, dim_t Out, extent2d Kernel, extent2d Stride = 1, extent2d Padding = 0,
          extent2d Dilation = 1, dim_t Groups = 1>
struct biased_convolution {
  static_assert(divides<Groups, In>::evenly, "clipt::biased_convolution: Groups divides In: it does not");
  parameter<P, Out, In / Groups, Kernel.height, Kernel.width> weight;
  parameter<P, Out> bias;
  static constexpr auto names = fields("weight", "bias");

  auto operator()(auto& ctx, const auto& x) const {
    return conv2d<Stride, Padding, Dilation, Groups>(ctx, x, as_activation<P>(weight), as_activation<P>(bias));
  }
};

/// group_norm with a learned gain and bias: [batch, ..., channels]. PyTorch equivalent:
/// `nn.GroupNorm(groups, channels)`.
template <class P, dim_t Groups, dim_t Channels>
struct group_normalization {
  parameter<P, Channels> weight;
  parameter<P, Channels> bias;
  static constexpr auto names = fields("weight", "bias");

  auto operator()(auto& ctx, const auto& x) const {
    return group_norm<Groups>(ctx, x, as_activation<P>(weight), as_activation<P>(bias));
  }
};

/// dropout of a share p of the elements where `ctx.settings.training` is set, else x itself.
///
/// `drop{0.1}(ctx, x, {.seed = 1, .stream = 3, .step = step})`: layers differ in the stream, rounds in the step. A
/// statement, which the next operation takes in its own pass. Errors: `shape_error` when p is not in [0, 1].
/// PyTorch equivalent: `nn.Dropout(p)`.
struct drop {
  double p = 0.5;
  static constexpr auto names = fields("p");

  template <class Context, tensor_like X>
  auto operator()(Context& ctx, X&& x, const random_stream& random) const {
    return dropout(std::forward<X>(x), ctx.settings.training || !(p >= 0 && p <= 1) ? p : 0.0, random);
  }
};

}  // namespace clipt::inline CLIPT_BUILD
