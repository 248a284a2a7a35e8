// eval: computes an elementwise statement as one kernel and, in a recording, one tape node.
#pragma once
#include <clipt/autodiff/checked_operand.hpp>  // operand_in, record_result
#include <clipt/autodiff/context.hpp>          // context
#include <clipt/eval/cpu_elementwise.hpp>      // the kernel on the CPU
#include <clipt/expr/operators.hpp>            // what is evaluated

namespace clipt::inline CLIPT_BUILD {

namespace detail {

template <class X>
inline constexpr bool is_leaf = requires(X x) {
  x.data();
};

}  // namespace detail

/// Computes an elementwise statement; a leaf is returned as it is.
///
/// All of the statement is one pass over memory and, in a recording, one tape node whose backward recomputes the
/// intermediate values instead of storing them. Errors: `shape_error` when runtime extents of one name differ.
template <class Context, tensor_like X>
auto eval(Context& ctx, X&& x) {
  const auto e = operand_in(ctx, "eval", std::forward<X>(x));
  using E = std::remove_const_t<decltype(e)>;
  if constexpr (detail::is_leaf<E>) {
    if constexpr (Context::records)
      return e;
    else
      return view<const typename E::value_type, typename E::shape_type, typename E::device>{e.data(), e.shape(),
                                                                                            e.stamp};
  } else {
    const auto out = ctx.template output<typename E::value_type>(shape_of(e));
    run_forward<ops::evaluate>(ctx, e, out);
    return record_result(
        ctx, out, [](auto& c, const auto& g, const auto& x) { run_backward<ops::evaluate>(c, x, g); }, e);
  }
}

}  // namespace clipt::inline CLIPT_BUILD
