// group_norm: normalisation of groups of channels of each sample, over all its pixels.
#pragma once
#include <clipt/nn/layer_norm.hpp>  // layer_norm_of_rows
#include <clipt/nn/permute.hpp>     // permuted

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// Samples [batch, positions, groups, part] as rows of one group each, or back with `positions` and `groups` exchanged:
/// a copy, unless there is one group.
template <dim_t Groups, class Context, class X>
auto groups_exchanged(Context& ctx, const X& x, dim_t batch, dim_t positions, dim_t groups, dim_t part,
                      const shape<rows, columns>& result) {
  if constexpr (Groups == 1)
    return with_shape(x, result);
  else
    return permuted<4>(ctx, x, {batch, positions, groups, part}, {0, 2, 1, 3}, result);
}

/// group_norm of x [batch, positions * channels], whose extents are values: layer_norm of the groups as rows, whose gain
/// of 1 and bias of 0 stand for those of the channels, which follow in a statement.
template <dim_t Groups, class Context, class X, class W, class B>
auto group_norm_of_samples(Context& ctx, const X& x, const W& weight, const B& bias, double epsilon) {
  using T = typename X::value_type;
  const dim_t batch = x.shape().rows(), channels = weight.size(), part = channels / Groups;
  const dim_t positions = channels == 0 ? 0 : x.shape().columns() / channels, width = positions * part;
  const auto ones = ctx.template output<T>(shape<columns>(width));
  const auto zeros = ctx.template output<T>(shape<columns>(width));
  run_forward<ops::fill>(ctx, ones.data(), width, static_cast<T>(1.0f));
  run_forward<ops::fill>(ctx, zeros.data(), width, static_cast<T>(0.0f));
  const auto groups =
      groups_exchanged<Groups>(ctx, x, batch, positions, Groups, part, shape<rows, columns>(batch * Groups, width));
  const auto normal = layer_norm_of_rows(ctx, groups, ones, zeros, static_cast<compute_t<T>>(epsilon));
  const auto pixels = groups_exchanged<Groups>(ctx, normal, batch, Groups, positions, part,
                                               shape<rows, columns>(batch * positions, channels));
  return eval(ctx, pixels * weight + bias);
}

}  // namespace detail

/// (x - mean) / sqrt(variance + epsilon) * weight + bias, mean and biased variance of each sample over all pixels of one
/// of Groups parts of the channels.
///
/// x: [batch, ..., channels], weight, bias: [channels]: `group_norm<32>(ctx, x, weight, bias)`. With
/// h = (x - mean) r, r = 1 / sqrt(variance + epsilon), d = g weight: dx = r (d - mean(d) - h mean(d h)), means over the
/// group; dweight = sum(g h), dbias = sum(g). More than one group costs two copies of x.
/// Errors: `shape_error` when runtime channels differ or Groups does not divide them. Source: Wu and He, 2018.
/// PyTorch equivalent: `F.group_norm(x, groups, weight, bias, epsilon)` in channels_last.
template <dim_t Groups, class Context, tensor_like X, tensor_like Weight, tensor_like Bias>
auto group_norm(Context& ctx, X&& input, Weight&& weight, Bias&& bias, double epsilon = 1e-5) {
  using S = shape_in<X>;
  constexpr dim_t channels = detail::from_right<S>(1);
  constexpr dim_t known_channels = channels < 0 ? 0 : channels;
  constexpr bool typed =
      element_types<value_in<X>, value_in<Weight>>::equal && element_types<value_in<X>, value_in<Bias>>::equal;
  constexpr bool ranked = shape_in<Weight>::rank == 1 && shape_in<Bias>::rank == 1;
  static_assert(rank_of<S>::template at_least<2>, "clipt::group_norm: x [batch, ..., channels]: x has fewer axes");
  static_assert(rank_of<shape_in<Weight>>::template is<1> && rank_of<shape_in<Bias>>::template is<1>,
                "clipt::group_norm: weight [channels], bias [channels]: one of them has another rank");
  static_assert(extents<channels, detail::from_right<shape_in<Weight>>(1)>::equal &&
                    extents<channels, detail::from_right<shape_in<Bias>>(1)>::equal,
                "clipt::group_norm: x [..., channels], weight [channels], bias [channels]: the channels differ");
  static_assert(divides<Groups, known_channels>::evenly,
                "clipt::group_norm: Groups divides the channels: it does not");
  static_assert(
      element_types<value_in<X>, value_in<Weight>>::equal && element_types<value_in<X>, value_in<Bias>>::equal,
      "clipt::group_norm: element types are the same: they differ; use cast<T>(x)");
  const auto x = eval(ctx, std::forward<X>(input));
  const auto w = eval(ctx, std::forward<Weight>(weight));
  const auto b = eval(ctx, std::forward<Bias>(bias));
  if constexpr (typed && ranked && Groups > 0 && S::rank >= 2) {
    const dim_t n = x.shape().columns();
    detail::check_agreement(w.size() == n, "group_norm", "x", x.shape(), "weight", w.shape(), "channels");
    detail::check_agreement(b.size() == n, "group_norm", "x", x.shape(), "bias", b.shape(), "channels");
    if (n % Groups != 0)
      throw shape_error("clipt::group_norm: x " + to_string(x.shape()) + ": " + std::to_string(Groups) +
                        " groups divide the channels: they do not");
    dim_t width = n;
    for (int i = 1; i + 1 < S::rank; ++i) width *= x.shape().extent(i);
    const shape<columns> channel(n);
    return detail::with_shape(detail::group_norm_of_samples<Groups>(
                                  ctx, detail::with_shape(x, shape<rows, columns>(x.shape().extent(0), width)),
                                  detail::with_shape(w, channel), detail::with_shape(b, channel), epsilon),
                              x.shape());
  } else {
    return x;  // refused above: no second error follows
  }
}

}  // namespace clipt::inline CLIPT_BUILD
