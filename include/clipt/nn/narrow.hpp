// 16-bit elements: operations on them by kernels for floats, and what layers of a mixed policy hand to operations.
#pragma once
#include <clipt/autodiff/evaluate.hpp>  // eval

namespace clipt::inline CLIPT_BUILD {

/// A tensor or statement whose elements are computed with as those of a wider type: 16-bit floats, as floats.
template <class X>
concept narrow = tensor_like<X> && !std::is_same_v<compute_t<value_in<X>>, value_in<X>>;

/// One with the elements of another.
template <class X, class Y>
concept narrow_as = narrow<X> && std::is_same_v<value_in<X>, value_in<Y>>;

/// x as activations of policy P: a cast, or x itself. Operations that take casts keep the gradient of x as precise as x.
template <class P, tensor_like X>
auto as_activation(X&& x) {
  using T = typename P::activation_type;
  if constexpr (std::is_same_v<value_in<X>, T>)
    return as_expression(std::forward<X>(x));
  else
    return cast<T>(std::forward<X>(x));
}

namespace detail {

/// op(ctx, x...) of narrow operands as floats, its result rounded to their type. The gradient of an operand that is a cast
/// of floats, such as the weight of a mixed policy, goes to these floats as it is.
template <class Context, class F, class X, class... More>
auto in_float(Context& ctx, const F& op, X&& x, More&&... more) {
  using T = value_in<X>;
  using C = compute_t<T>;
  return eval(ctx, cast<T>(op(ctx, cast<C>(std::forward<X>(x)), cast<C>(std::forward<More>(more))...)));
}

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD
