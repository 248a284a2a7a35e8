// The mean over a picture's tokens.
#pragma once
#include <clipt/eval/cpu_memory.hpp>  // the kernel of ops::fill on the CPU
#include <clipt/nn/products.hpp>   // matmul
#include <clipt/nn/reshaping.hpp>  // reshape

namespace clipt::inline CLIPT_BUILD {

/// The mean over tokens: [batch, tokens, width] -> [batch, width]. PyTorch equivalent: `x.mean(dim=1)`.
template <class Context, tensor_like X>
auto token_mean(Context& ctx, const X& x) {
  using S = shape_in<X>;
  using T = typename X::value_type;
  constexpr dim_t count = S::static_extent(1), width = S::static_extent(2);
  const dim_t n = x.shape().extent(0);
  const auto shares = ctx.template output<T>(shape<batch, 1, count>(n));
  run_forward<ops::fill>(ctx, shares.data(), n * count, T(1) / T(count));
  return reshape(matmul(ctx, shares, x), shape<batch, width>(n));
}
/// The same of 16-bit elements: sums of floats, rounded.
template <class Context, narrow X>
auto token_mean(Context& ctx, const X& x) {
  return detail::in_float(
      ctx, [](auto& c, const auto& wide) { return token_mean(c, eval(c, wide)); }, x);
}

}  // namespace clipt::inline CLIPT_BUILD
