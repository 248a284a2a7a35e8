// broadcast_to: a statement repeated along the axes in which a larger shape differs.
#pragma once
#include <clipt/autodiff/assign.hpp>    // spread
#include <clipt/autodiff/evaluate.hpp>  // operand_in, record_result

namespace clipt::inline CLIPT_BUILD {

/// A copy of x with the extents of `to`: axes of extent 1, and axes that x lacks in front, are repeated. dx is the sum of g
/// over them. Statements do so by themselves: it is for what reads memory.
///
/// Errors: `shape_error` when runtime extents differ. PyTorch equivalent: `x.broadcast_to(shape).contiguous()`.
template <class Context, tensor_like X, dim_t... To>
auto broadcast_to(Context& ctx, X&& x, const shape<To...>& to) {
  const auto e = eval(ctx, std::forward<X>(x));  // what is repeated are its values, those of generators too
  using E = std::remove_const_t<decltype(e)>;
  using S = typename E::shape_type;
  static_assert(
      spread<S>::template fills<shape<To...>>,
      "clipt::broadcast_to: x's extents, from the right, are those of the shape or 1 or missing: they are not");
  if constexpr (spread<S>::template fills<shape<To...>>) {
    broadcast_shape("broadcast_to", to, shape_of(e));
    const auto out = ctx.template output<typename E::value_type>(to);
    run_forward<ops::evaluate>(ctx, e, out);
    return record_result(
        ctx, out, [](auto& c, const auto& g, const auto& from) { run_backward<ops::evaluate>(c, from, g); }, e);
  } else {
    return e;  // refused above: no second error follows
  }
}

}  // namespace clipt::inline CLIPT_BUILD
