// checkpoint: forgets the intermediate results of a part of a model and computes them again in the backward pass.
#pragma once
#include <clipt/autodiff/context.hpp>   // context
#include <clipt/autodiff/evaluate.hpp>  // as_expression

namespace clipt {

namespace detail {

template <class Device, bool Records, class F, class... X>
auto checkpoint(context<Device, Records>& ctx, F f, const X&... x) {
  if constexpr (!Records) {
    return f(ctx, x...);
  } else {
    auto& values = ctx.memory().values;
    const auto mark = values.mark();
    inference<Device> silent(ctx);
    const auto result = f(silent, x...);
    using T = typename std::remove_cvref_t<decltype(result)>::value_type;
    // The result lies above what is given back now, and never below its new place.
    values.release(mark);
    const auto out = ctx.template output<T>(result.shape);
    kernel<ops::copy, Device>::run(ctx, static_cast<const T*>(result.data), out.data, result.size());
    return ctx.record(out, [f, x...](context<Device, true>& c, const auto& g) {
      const auto nodes = c.memory().nodes.mark();
      context<Device, true> again(c);
      again.settings.recomputing = true;
      again.backward(f(again, x...), g);
      c.memory().nodes.release(nodes);
    });
  }
}

}  // namespace detail

/// `f(ctx, x...)` of which only the result is kept; the backward pass runs it again, recording.
///
/// Memory of a part: its result instead of all its intermediates; time: one more forward. The bits are those of the
/// plain call. `f` captures pointers, references and numbers only. PyTorch equivalent: `checkpoint(f, *x)`.
template <class Device, bool Records, class F, tensor_like... X>
auto checkpoint(context<Device, Records>& ctx, F f, const X&... operand) {
  return detail::checkpoint(ctx, f, as_expression(operand)...);
}

}  // namespace clipt
