// conv2d_batch_norm: a convolution and its normalisation, one pass where nothing is recorded.
#pragma once
#include <clipt/nn/batch_norm.hpp>   // batch_norm, batch_norm_relu
#include <clipt/nn/convolution.hpp>  // conv2d

namespace clipt {

namespace detail {

/// Refuses a shortcut that has another shape than the convolution it is added to.
template <class Result, class Shortcut>
void check_shortcut(const Result& result, const Shortcut& shortcut) {
  static_assert(std::is_same_v<shape_in<Shortcut>, Result>,
                "clipt::conv2d_batch_norm_relu: the shortcut has the shape of the convolution: it has another");
  if (!(shortcut.shape == result))
    throw shape_error("clipt::conv2d_batch_norm_relu: the convolution is " + to_string(result) + ", the shortcut " +
                      to_string(shortcut.shape) + ": they differ");
}

/// Normalisation by running statistics as a scale and a shift of each channel of a convolution's result.
template <class T, class Context, class Result, class W, class B, class Mean, class Variance>
on_cpu::conv_epilogue<T> normalising_epilogue(Context& ctx, const Result& result, const W& weight, const B& bias,
                                              const Mean& mean, const Variance& variance) {
  check_channels(result, weight, bias, mean, variance);
  const dim_t n = result.columns();
  T* const scale = ctx.template scratch<T>(2 * n);
  T* const shift = scale + n;
  for (dim_t c = 0; c < n; ++c) {
    const double factor =
        static_cast<double>(weight.data[c]) / std::sqrt(static_cast<double>(variance[c]) + batch_norm_epsilon);
    scale[c] = static_cast<T>(factor);
    shift[c] = static_cast<T>(static_cast<double>(bias.data[c]) - static_cast<double>(mean[c]) * factor);
  }
  return {scale, shift};
}

/// The public functions below; there is one shortcut or none.
template <bool Relu, dim_t Stride, dim_t Padding, class Context, class X, class Filters, class W, class B, class Mean,
          class Variance, class... Shortcut>
auto conv2d_batch_norm(Context& ctx, const X& x, const Filters& filters, const W& weight, const B& bias, Mean& mean,
                       Variance& variance, const Shortcut&... shortcut) {
  if constexpr (!Context::records) {
    if (ctx.evaluates())
      return clipt::conv2d<Stride, Padding>(ctx, x, filters, [&](const auto& result) {
        (check_shortcut(result, shortcut), ...);
        auto then =
            normalising_epilogue<typename X::value_type>(ctx, result, weight, bias, mean.view(), variance.view());
        ((then.added = shortcut.data), ...);
        then.rectified = Relu;
        return then;
      });
  }
  const auto y = clipt::conv2d<Stride, Padding>(ctx, x, filters);
  (check_shortcut(y.shape, shortcut), ...);
  if constexpr (!Relu)
    return clipt::batch_norm(ctx, y, weight, bias, mean, variance);
  else if constexpr (sizeof...(Shortcut) == 0)
    return clipt::batch_norm_relu(ctx, y, weight, bias, mean, variance);
  else
    return eval(ctx, relu((clipt::batch_norm(ctx, y, weight, bias, mean, variance) + ... + shortcut)));
}

}  // namespace detail

/// batch_norm(conv2d(x, filters), weight, bias, running_mean, running_variance), with batch_norm's own epsilon.
///
/// Shapes are those of conv2d and batch_norm, gradients theirs. A context that `evaluates` reads and writes memory once:
/// y = s sum + t with s = weight / sqrt(variance + epsilon) and t = bias - mean s, applied while the sums of the
/// convolution are in registers. PyTorch equivalent: `F.batch_norm(F.conv2d(x, filters, None, stride, padding), ...)`.
template <dim_t Stride = 1, dim_t Padding = 0, class Context, tensor_like X, tensor_like Filters, tensor_like Weight,
          tensor_like Bias, class Mean, class Variance>
auto conv2d_batch_norm(Context& ctx, X&& x, const Filters& filters, const Weight& weight, const Bias& bias,
                       Mean& running_mean, Variance& running_variance) {
  return detail::conv2d_batch_norm<false, Stride, Padding>(
      ctx, eval(ctx, std::forward<X>(x)), filters, operand_in(ctx, "conv2d_batch_norm", weight),
      operand_in(ctx, "conv2d_batch_norm", bias), running_mean, running_variance);
}

/// relu(conv2d_batch_norm(...)), or relu(conv2d_batch_norm(...) + shortcut), in as few passes over memory.
/// Errors: `shape_error` if the shortcut has not the result's shape. PyTorch equivalent: `F.relu(F.batch_norm(...) + s)`.
template <dim_t Stride = 1, dim_t Padding = 0, class Context, tensor_like X, tensor_like Filters, tensor_like Weight,
          tensor_like Bias, class Mean, class Variance, tensor_like... Shortcut>
auto conv2d_batch_norm_relu(Context& ctx, X&& x, const Filters& filters, const Weight& weight, const Bias& bias,
                            Mean& running_mean, Variance& running_variance, const Shortcut&... shortcut) {
  static_assert(sizeof...(Shortcut) <= 1,
                "clipt::conv2d_batch_norm_relu: there is one shortcut or none: there are more");
  return detail::conv2d_batch_norm<true, Stride, Padding>(
      ctx, eval(ctx, std::forward<X>(x)), filters, operand_in(ctx, "conv2d_batch_norm_relu", weight),
      operand_in(ctx, "conv2d_batch_norm_relu", bias), running_mean, running_variance, eval(ctx, shortcut)...);
}

}  // namespace clipt
