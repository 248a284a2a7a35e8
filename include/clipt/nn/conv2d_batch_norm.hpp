// conv2d_batch_norm: a convolution and its normalisation, one pass where nothing is recorded.
#pragma once
#include <clipt/nn/batch_norm.hpp>   // batch_norm, batch_norm_relu
#include <clipt/nn/convolution.hpp>  // conv2d

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// Refuses a shortcut whose extents are others than those of the convolution it is added to.
template <class Result, class Shortcut>
void check_shortcut(const Result& result, const Shortcut& shortcut) {
  if (!(shortcut.shape() == result))
    throw shape_error("clipt::conv2d_batch_norm_relu: the convolution is " + to_string(result) + ", the shortcut " +
                      to_string(shortcut.shape()) + ": they differ");
}

/// Normalisation by running statistics as a scale and a shift of each channel of a convolution's result.
template <class T, class Context, class Result, class W, class B, class Mean, class Variance>
conv_epilogue<T> normalising_epilogue(Context& ctx, const Result& result, const W& weight, const B& bias,
                                      const Mean& mean, const Variance& variance) {
  check_channels(result, weight, bias, mean, variance);
  const dim_t n = result.columns();
  T* const scale = ctx.template scratch<T>(2 * n);
  T* const shift = scale + n;
  run_forward<ops::channel_scaling>(ctx, n, weight.data(), bias.data(), mean.data(), variance.data(),
                                    batch_norm_epsilon, scale, shift);
  return {scale, shift};
}

}  // namespace detail

/// batch_norm(conv2d(x, filters), weight, bias, running_mean, running_variance), with batch_norm's own epsilon; with
/// `Relu` as conv2d_batch_norm_relu.
///
/// Shapes are those of conv2d and batch_norm, gradients theirs. A context that `evaluates` reads and writes memory once:
/// y = s sum + t with s = weight / sqrt(variance + epsilon) and t = bias - mean s, applied while the sums of the
/// convolution are in registers. PyTorch equivalent: `F.batch_norm(F.conv2d(x, filters, None, stride, padding), ...)`.
template <dim_t Stride = 1, dim_t Padding = 0, bool Relu = false, class Context, tensor_like X, tensor_like Filters,
          tensor_like Weight, tensor_like Bias, class Mean, class Variance, tensor_like... Shortcut>
auto conv2d_batch_norm(Context& ctx, X&& input, Filters&& filters, Weight&& weight, Bias&& bias, Mean& running_mean,
                       Variance& running_variance, Shortcut&&... shortcut) {
  static_assert(sizeof...(Shortcut) <= (Relu ? 1 : 0),
                "clipt::conv2d_batch_norm: one shortcut or none with relu, none without: there are more");
  const auto x = eval(ctx, std::forward<X>(input));
  const auto f = eval(ctx, std::forward<Filters>(filters));
  const auto w = eval(ctx, std::forward<Weight>(weight));
  const auto b = eval(ctx, std::forward<Bias>(bias));
  if constexpr (!Context::records && !narrow<X>) {
    if (ctx.evaluates())
      return conv2d<Stride, Padding>(ctx, x, f, [&](const auto& result) {
        (detail::check_shortcut(result, shortcut), ...);
        using T = typename std::remove_cvref_t<decltype(x)>::value_type;
        auto then = detail::normalising_epilogue<T>(ctx, result, w, b, running_mean.view(), running_variance.view());
        ((then.added = shortcut.data()), ...);
        then.rectified = Relu;
        return then;
      });
  }
  const auto y = conv2d<Stride, Padding>(ctx, x, f);
  (detail::check_shortcut(y.shape(), shortcut), ...);
  if constexpr (!Relu)
    return batch_norm(ctx, y, w, b, running_mean, running_variance);
  else if constexpr (sizeof...(Shortcut) == 0)
    return batch_norm_relu(ctx, y, w, b, running_mean, running_variance);
  else
    return eval(ctx, relu((batch_norm(ctx, y, w, b, running_mean, running_variance) + ... + shortcut)));
}

/// relu(conv2d_batch_norm(...)), or relu(conv2d_batch_norm(...) + shortcut), in as few passes over memory.
/// Errors: `shape_error` if the shortcut has not the result's shape. PyTorch equivalent: `F.relu(F.batch_norm(...) + s)`.
template <dim_t Stride = 1, dim_t Padding = 0, class Context, tensor_like X, tensor_like Filters, tensor_like Weight,
          tensor_like Bias, class Mean, class Variance, tensor_like... Shortcut>
auto conv2d_batch_norm_relu(Context& ctx, X&& x, Filters&& filters, Weight&& weight, Bias&& bias, Mean& running_mean,
                            Variance& running_variance, Shortcut&&... shortcut) {
  const auto pictures = eval(ctx, std::forward<X>(x));
  using Result = shape_in<decltype(conv2d<Stride, Padding>(ctx, pictures, filters))>;
  constexpr bool fits = (std::is_same_v<shape_in<Shortcut>, Result> && ...);
  static_assert((std::is_same_v<shape_in<Shortcut>, Result> && ...),  // in the compiler's words the two shapes
                "clipt::conv2d_batch_norm_relu: the shortcut has the shape of the convolution: it has another");
  if constexpr (fits)
    return conv2d_batch_norm<Stride, Padding, true>(
        ctx, pictures, std::forward<Filters>(filters), std::forward<Weight>(weight), std::forward<Bias>(bias),
        running_mean, running_variance, eval(ctx, std::forward<Shortcut>(shortcut))...);
}

}  // namespace clipt::inline CLIPT_BUILD
