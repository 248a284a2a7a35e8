// Elementwise statements on the CPU, whatever their extents: one pass forward, one back.
#pragma once
#include <clipt/eval/canonical.hpp>   // canonical
#include <clipt/eval/cpu_map.hpp>     // map, map_backward
#include <clipt/memory/view.hpp>      // view
#include <clipt/ops/elementwise.hpp>  // ops::evaluate

namespace clipt::inline CLIPT_BUILD {

template <>
struct kernel<ops::evaluate, cpu> {
  template <class Context, class E, class T, class Shape>
  static void forward(Context& ctx, const E& e, const view<T, Shape, cpu>& out) {
    const auto c = on_cpu::canonical(e, out.shape());
    on_cpu::map(c.expression, out.data(), c.space, ctx.threads());
  }
  template <class Context, class E, class T, class Shape>
  static void backward(Context& ctx, const E& e, const view<const T, Shape, cpu>& g) {
    const auto c = on_cpu::canonical(e, g.shape());
    on_cpu::map_backward(c.expression, g.data(), c.space, ctx);
  }
};

}  // namespace clipt::inline CLIPT_BUILD
