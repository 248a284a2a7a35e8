// checkpoint, keep_only, locked, in_groups: forget the intermediate results of a part of a model.
#pragma once
#include <clipt/autodiff/context.hpp>   // context
#include <clipt/autodiff/evaluate.hpp>  // as_expression

namespace clipt::inline CLIPT_BUILD {

/// f can be run once more when the function that made it has returned: `closure<F>::keeps_no_references`.
///
/// A closure that captured by reference is of no standard layout; neither is one that captured such a closure.
template <class F>
struct closure {
  static constexpr bool keeps_no_references = std::is_trivially_copyable_v<F> && std::is_standard_layout_v<F>;
};

namespace detail {

/// An operand whose gradient others open.
template <class E>
auto passive(const E& operand) {
  return with_active_leaves(operand, [](const auto& leaf) { return detach(leaf); });
}

/// Gives back what was taken since `mark` except a result, which moves there: never up, since it was taken later.
template <class Context, class Mark, class T, class Shape, class Device>
auto moved_down(Context& ctx, const Mark& mark, const view<T, Shape, Device>& result) {
  using Element = std::remove_const_t<T>;
  ctx.memory().values.release(mark);
  const auto out = ctx.template output<Element>(result.shape());
  run_forward<ops::copy>(ctx, static_cast<const Element*>(result.data()), out.data(), result.size());
  return out;
}

template <class Device, bool Records, class F, class... X>
auto checkpoint(context<Device, Records>& ctx, F f, const X&... x) {
  if constexpr (!Records) {
    return eval(ctx, f(ctx, x...));
  } else {
    const auto mark = ctx.memory().values.mark();
    inference<Device> silent(ctx);
    silent.settings.as_recorded = true;
    const auto out = moved_down(ctx, mark, detach(eval(silent, f(silent, x...))));
    const operands_as_recorded as_was(out);
    const auto back = [f, as_was, x...](context<Device, true>& c, const auto& g, const auto&...) {
      const auto nodes = c.memory().nodes.mark();
      context<Device, true> again(c);
      again.settings.recomputing = true;
      const auto result = eval(again, f(again, x...));
      as_was.check(result);  // else what f captured has changed
      again.backward(result, g);
      c.memory().nodes.release(nodes);
    };
    return ctx.record(out, back, passive(x)...);  // its own nodes open what x's gradients are
  }
}

}  // namespace detail

/// `f(ctx, x...)` of which only the result is kept; the backward pass runs it again, recording.
///
/// Memory of a part: its result instead of all its intermediates; time: one more forward. The bits are those of the
/// plain call. `f` captures numbers and addresses by value: `[part = &layer]`, and the layer outlives the backward.
/// PyTorch equivalent: `checkpoint(f, *x)`.
template <class Device, bool Records, class F, tensor_like... X>
auto checkpoint(context<Device, Records>& ctx, F f, X&&... operand) {
  static_assert(closure<F>::keeps_no_references,
                "clipt::checkpoint: f runs again in the backward, when what it captured by reference may be gone: it "
                "captures by reference, or an owner; capture numbers and addresses by value, [scale, part = &layer]");
  return detail::checkpoint(ctx, f, as_expression(std::forward<X>(operand))...);
}

/// The result of a part of a model; in an inference context what was taken since `mark` is given back but for it.
///
/// `const auto mark = ctx.memory().values.mark()` stands before the part. With it a tower needs the memory of its
/// largest block instead of that of all blocks. Views of what the part computed on its way must not be used any more.
template <class Device, bool Records, class X, class Mark>
auto keep_only(context<Device, Records>& ctx, const Mark& mark, const X& result) {
  const auto kept = eval(ctx, result);
  if constexpr (Records)
    return kept;
  else
    return std::remove_const_t<decltype(kept)>(detail::moved_down(ctx, mark, kept));
}

/// f(ctx) as it is where `is_locked` is false, else a part that stays as it is: nothing of it is recorded, only its
/// result is kept, and no gradient goes further down.
///
/// The bits are those of the plain call. What is never locked, std::false_type, costs no compile time. PyTorch equivalent:
/// `with torch.no_grad()` around frozen layers.
template <class Device, bool Records, class IsLocked, class F>
auto locked(context<Device, Records>& ctx, IsLocked is_locked, F f) {
  if constexpr (Records && !std::is_same_v<IsLocked, std::false_type>) {
    if (is_locked) {
      const auto mark = ctx.memory().values.mark();
      inference<Device> silent(ctx);
      silent.settings.as_recorded = true;
      return ctx.variable(detail::moved_down(ctx, mark, detach(eval(silent, f(silent)))));
    }
  }
  return eval(ctx, f(ctx));
}

namespace detail {

template <class Device, class F, class T, class Shape>
auto in_groups(context<Device, false>& ctx, dim_t most, F f, const view<T, Shape, Device>& x) {
  using Result = decltype(eval(ctx, f(ctx, x)));
  const dim_t count = x.shape().extent(0), groups = (count + most - 1) / most;
  if (groups <= 1) return eval(ctx, f(ctx, x));
  using Element = std::remove_const_t<typename Result::value_type>;
  const auto all = ctx.template output<Element>(typename Result::shape_type(count));
  const auto mark = ctx.memory().values.mark();
  for (dim_t k = 0; k < groups; ++k) {
    const dim_t first = k * count / groups, rows = (k + 1) * count / groups - first;
    const view<T, Shape, Device> group{x.data() + first * (x.size() / count), Shape(rows), x.stamp};
    const auto part = eval(ctx, f(ctx, group));
    run_forward<ops::copy>(ctx, part.data(), all.data() + first * (all.size() / count), part.size());
    ctx.memory().values.release(mark);
  }
  return Result(all);
}

}  // namespace detail

/// f(ctx, x), x [batch, ...] -> [batch, ...]; in a context that `evaluates`, of up to `most` rows at a time in the memory
/// of so many.
///
/// For an f that treats each row alone. x's other extents and those of f's results are known at compile time.
template <class Device, bool Records, class F>
auto in_groups(context<Device, Records>& ctx, dim_t most, F f, const auto& x) {
  if constexpr (!Records)
    if (ctx.evaluates()) return detail::in_groups(ctx, most, f, eval(ctx, x));
  return eval(ctx, f(ctx, x));
}

}  // namespace clipt::inline CLIPT_BUILD
