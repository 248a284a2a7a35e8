// 16-bit elements: operations on them by kernels for floats or for them, and what layers of a mixed policy hand to these.
#pragma once
#include <clipt/autodiff/evaluate.hpp>  // eval

namespace clipt::inline CLIPT_BUILD {

/// A tensor or statement whose elements are computed with as those of a wider type: 16-bit floats, as floats.
template <class X>
concept narrow = tensor_like<X> && !std::is_same_v<compute_t<value_in<X>>, value_in<X>>;

/// One with the elements of another.
template <class X, class Y>
concept narrow_as = narrow<X> && std::is_same_v<value_in<X>, value_in<Y>>;

/// Whether the kernel of an op on a context's device computes with elements of T, of 16 bits, itself.
template <class Op, class Context, class T>
inline constexpr bool takes_narrow = requires {
  requires kernel<Op, typename Context::device>::template takes_narrow<T>;
};

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

/// An operand of 16 bits that is a cast of `source`, to which its gradient goes as it is.
template <class T, class Shape, class Device, class Source>
struct cast_operand {
  using value_type = T;
  using shape_type = Shape;
  view<const T, Shape, Device> values;
  Source source;

  const T* data() const { return values.data(); }
  const Shape& shape() const { return values.shape(); }
  dim_t size() const { return values.size(); }
};

template <class To, class T, class Shape, class Device, class Source>
auto with_shape(const cast_operand<T, Shape, Device, Source>& x, const To& shape) {
  const auto source = with_shape(x.source, shape);
  return cast_operand<T, To, Device, std::remove_const_t<decltype(source)>>{with_shape(x.values, shape), source};
}

/// What the gradient of an operand belongs to: itself, or what it was cast from.
template <class X>
const X& source_of(const X& x) {
  return x;
}
template <class T, class Shape, class Device, class Source>
const Source& source_of(const cast_operand<T, Shape, Device, Source>& x) {
  return x.source;
}

/// An operand as an array, whose gradient has its type.
template <class Context, class X>
const X& as_array(Context&, const X& x) {
  return x;
}
template <class Context, class T, class Shape, class Device, class Source>
auto as_array(Context& ctx, const cast_operand<T, Shape, Device, Source>& x) {
  return eval(ctx, cast<T>(x.source));
}

/// An operand in memory, for a kernel that takes narrow ones: of a cast of an array both are known.
template <class Context, class E>
auto operand_in_memory(Context& ctx, const E& e) {
  return eval(ctx, e);
}
template <class Context, class T, class Leaf>
requires(narrow<node<ops::cast<T>, Leaf>>&& requires(const Leaf& x) {
  x.data();
}) auto operand_in_memory(Context& ctx, const node<ops::cast<T>, Leaf>& e) {
  const auto source = apply_bundle(e.args, [&](const Leaf& leaf) { return eval(ctx, leaf); });
  const auto values = ctx.template output<T>(source.shape());
  run_forward<ops::evaluate>(ctx, detach(e), values);
  using Source = std::remove_const_t<decltype(source)>;
  using Shape = typename Source::shape_type;
  return cast_operand<T, Shape, typename Context::device, Source>{values, source};
}

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD
