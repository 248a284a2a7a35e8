// Reductions over any axes: sum<1>, mean<0, 2>, max, min, argmax, argmin, prod, variance, vector_norm, any, all.
#pragma once
#include <concepts>  // floating_point, integral, same_as

#include <clipt/eval/cpu_row_moments.hpp>  // the kernels on the CPU
#include <clipt/nn/along_axes.hpp>         // reduce_axes, keep_axes
#include <clipt/nn/reductions.hpp>         // sum, column_sum

namespace clipt::inline CLIPT_BUILD {

// For all of them: x [...], a statement; the result has the axes of x that are not named, and with `keep_axes` as a last
// argument all of them, the named ones of extent 1. Negative axes count from the end. No axes named are all, but for
// log_sum_exp, of which they are the last. The last axis costs one pass over x, others a copy of it.

/// The sum over some axes. PyTorch equivalent: `x.sum(axes)`.
template <int Axis, int... More, operation_context Context, tensor_like X, std::same_as<keep_axes_t>... Keep>
auto sum(Context& ctx, X&& x, Keep... keep) {
  return reduce_axes<Axis, More...>(
      ctx, "sum", std::forward<X>(x), [&](const auto& rows) { return row_sum(ctx, rows); }, keep...);
}

/// The sum of all elements under x's rank.
template <operation_context Context, tensor_like X>
auto sum(Context& ctx, X&& x, keep_axes_t) {
  return detail::reduced<>(sum(ctx, x), shape_of(as_expression(x)), keep_axes);
}

/// The mean over some axes; NaN of none. PyTorch equivalent: `x.mean(axes)`.
template <int Axis, int... More, operation_context Context, tensor_like X, std::same_as<keep_axes_t>... Keep>
auto mean(Context& ctx, X&& x, Keep... keep) {
  return reduce_axes<Axis, More...>(
      ctx, "mean", std::forward<X>(x), [&](const auto& rows) { return row_mean(ctx, rows); }, keep...);
}

/// The mean of all elements under x's rank.
template <operation_context Context, tensor_like X>
auto mean(Context& ctx, X&& x, keep_axes_t) {
  return detail::reduced<>(mean(ctx, x), shape_of(as_expression(x)), keep_axes);
}

/// The largest element, NaN where one is NaN; the gradient goes to the first of equals.
/// Errors: `shape_error` over axes without elements. PyTorch equivalent: `x.max(axis).values`; over several axes `x.amax(axes)`,
/// which shares the gradient out among equals.
template <int... Axis, operation_context Context, tensor_like X, std::same_as<keep_axes_t>... Keep>
auto max(Context& ctx, X&& x, Keep... keep) {
  return reduce_axes<Axis...>(
      ctx, "max", std::forward<X>(x), [&](const auto& rows) { return row_max(ctx, detail::some_columns("max", rows)); },
      keep...);
}

/// The smallest element, NaN where one is NaN; the gradient goes to the first of equals.
/// Errors: `shape_error` over axes without elements. PyTorch equivalent: `x.min(axis).values`; over several axes `x.amin(axes)`,
/// which shares the gradient out among equals.
template <int... Axis, operation_context Context, tensor_like X, std::same_as<keep_axes_t>... Keep>
auto min(Context& ctx, X&& x, Keep... keep) {
  return reduce_axes<Axis...>(
      ctx, "min", std::forward<X>(x),
      [&](const auto& rows) { return eval(ctx, -row_max(ctx, -detail::some_columns("min", rows))); }, keep...);
}

/// The position of the largest element along the axes, the first of equals; NaN is the largest. std::int32_t.
/// Errors: `shape_error` over axes without elements. PyTorch equivalent: `x.argmax(axis)`.
template <int... Axis, operation_context Context, tensor_like X, std::same_as<keep_axes_t>... Keep>
auto argmax(Context& ctx, X&& x, Keep... keep) {
  return reduce_axes<Axis...>(
      ctx, "argmax", std::forward<X>(x),
      [&](const auto& rows) { return row_argmax(ctx, detail::some_columns("argmax", rows)); }, keep...);
}

/// The position of the smallest element along the axes, the first of equals; NaN is the smallest. std::int32_t.
/// Errors: `shape_error` over axes without elements. PyTorch equivalent: `x.argmin(axis)`.
template <int... Axis, operation_context Context, tensor_like X, std::same_as<keep_axes_t>... Keep>
auto argmin(Context& ctx, X&& x, Keep... keep) {
  return reduce_axes<Axis...>(
      ctx, "argmin", std::forward<X>(x),
      [&](const auto& rows) { return row_argmax(ctx, -detail::some_columns("argmin", rows)); }, keep...);
}

/// The product; 1 of nothing. dx_i is g times the product of the others. PyTorch equivalent: `x.prod(axis)`.
template <int... Axis, operation_context Context, tensor_like X, std::same_as<keep_axes_t>... Keep>
auto prod(Context& ctx, X&& x, Keep... keep) {
  return reduce_axes<Axis...>(
      ctx, "prod", std::forward<X>(x),
      [&](const auto& rows) { return detail::row_reduction<ops::row_product>(ctx, rows); }, keep...);
}

/// What the number of elements is lessened by; an integer behind no axes would be taken for an axis.
template <class C, int... Axis>
concept correction_over = std::floating_point<C> ||(std::integral<C> && !std::same_as<C, bool> && sizeof...(Axis) > 0);

/// The sum of (x - mean)² / (n - correction) over n elements; NaN of none, and of one with correction 1.
/// dx = 2 g (x - mean) / (n - correction). PyTorch equivalent: `x.var(axes, correction=correction)`.
template <int... Axis, operation_context Context, tensor_like X, correction_over<Axis...> C = double,
          std::same_as<keep_axes_t>... Keep>
auto variance(Context& ctx, X&& x, C correction = 1, Keep... keep) {
  return reduce_axes<Axis...>(
      ctx, "variance", std::forward<X>(x),
      [&](const auto& rows) {
        return detail::row_reduction<ops::row_variance>(ctx, rows, static_cast<double>(correction));
      },
      keep...);
}

/// The same with correction 1.
template <int... Axis, operation_context Context, tensor_like X>
auto variance(Context& ctx, X&& x, keep_axes_t) {
  return variance<Axis...>(ctx, std::forward<X>(x), 1.0, keep_axes);
}

/// The root of the variance; its gradient is 0 where it is 0. PyTorch equivalent: `x.std(axes, correction=correction)`.
template <int... Axis, operation_context Context, tensor_like X, correction_over<Axis...> C = double,
          std::same_as<keep_axes_t>... Keep>
auto standard_deviation(Context& ctx, X&& x, C correction = 1, Keep... keep) {
  return reduce_axes<Axis...>(
      ctx, "standard_deviation", std::forward<X>(x),
      [&](const auto& rows) {
        return detail::row_reduction<ops::row_deviation>(ctx, rows, static_cast<double>(correction));
      },
      keep...);
}

/// The same with correction 1.
template <int... Axis, operation_context Context, tensor_like X>
auto standard_deviation(Context& ctx, X&& x, keep_axes_t) {
  return standard_deviation<Axis...>(ctx, std::forward<X>(x), 1.0, keep_axes);
}

/// The Euclidean norm, sqrt(sum x²); dx = g x / y, 0 where y is 0. PyTorch equivalent: `torch.linalg.vector_norm(x, dim=axes)`.
template <int... Axis, operation_context Context, tensor_like X, std::same_as<keep_axes_t>... Keep>
auto vector_norm(Context& ctx, X&& x, Keep... keep) {
  return reduce_axes<Axis...>(
      ctx, "vector_norm", std::forward<X>(x),
      [&](const auto& rows) { return detail::row_reduction<ops::row_norm>(ctx, rows); }, keep...);
}

/// log(sum(exp(x))) over some axes; dx = g exp(x - y). PyTorch equivalent: `x.logsumexp(axes)`.
template <int Axis, int... More, operation_context Context, tensor_like X, std::same_as<keep_axes_t>... Keep>
auto log_sum_exp(Context& ctx, X&& x, Keep... keep) {
  return reduce_axes<Axis, More...>(
      ctx, "log_sum_exp", std::forward<X>(x), [&](const auto& rows) { return log_sum_exp(ctx, rows); }, keep...);
}

/// 1 where some element is not 0, NaN too, else 0; no gradient. PyTorch equivalent: `x.any(axis)`.
template <int... Axis, operation_context Context, tensor_like X, std::same_as<keep_axes_t>... Keep>
auto any(Context& ctx, X&& x, Keep... keep) {
  return reduce_axes<Axis...>(
      ctx, "any", std::forward<X>(x), [&](const auto& rows) { return eval(ctx, row_sum(ctx, detach(rows != 0)) != 0); },
      keep...);
}

/// 1 where no element is 0, else 0; no gradient. PyTorch equivalent: `x.all(axis)`.
template <int... Axis, operation_context Context, tensor_like X, std::same_as<keep_axes_t>... Keep>
auto all(Context& ctx, X&& x, Keep... keep) {
  return reduce_axes<Axis...>(
      ctx, "all", std::forward<X>(x), [&](const auto& rows) { return eval(ctx, row_sum(ctx, detach(!rows)) == 0); },
      keep...);
}

}  // namespace clipt::inline CLIPT_BUILD
