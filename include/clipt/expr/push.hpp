// The backward pass: takes an adjoint down an expression by each op's `pull`, into the gradients of its leaves.
#pragma once
#include <clipt/expr/trace.hpp>  // trace, columns_of

namespace clipt::inline CLIPT_BUILD {

/// Adds the adjoint `g` of some columns to the gradients of the leaves below.
template <class L, class T, bool Moves, class Count>
CLIPT_HD void push(read_cursor<T, Moves>&, const leaf_trace<L>&, dim_t, Count, const L&) {}
template <class L, class T, class Count>
CLIPT_HD void push(constant_cursor<T>&, const leaf_trace<L>&, dim_t, Count, const L&) {}
template <class L, class Rule, class Count>
CLIPT_HD void push(generated_cursor<Rule>&, const leaf_trace<L>&, dim_t, Count, const L&) {}
template <class L, class T, bool Same, bool Moves, class Count>
CLIPT_HD void push(write_cursor<T, Same, Moves, L>& e, const leaf_trace<L>&, dim_t column, Count count, const L& g) {
  using access = columns_of<L>;
  if constexpr (Same) {
    T* const p = e.gradient + column;
    access::write(p, e.stores ? g : access::read(p, count) + g, count);
  } else if constexpr (Moves) {
    access::add(e.partial + column, g, count);
  } else {
    e.sum = e.sum + access::keep(g, count);
  }
}
template <class L, class Op, int... I, class... C, class Traced, class Count>
CLIPT_HD void push(node_cursor<Op, detail::bundle_of<positions<I...>, C...>>& e, const Traced& t, dim_t column,
                   Count count, const L& g) {
  L down[sizeof...(I)];
  e.op.pull(at<I>(t.args).value..., t.value, g, down[I]...);
  (push(at<I>(e.args), at<I>(t.args), column, count, down[I]), ...);
}

/// Whether some active leaf stands still along the columns.
template <class Cursor>
inline constexpr bool stands_still = false;
template <class T, class L>
inline constexpr bool stands_still<write_cursor<T, false, false, L>> = true;
template <class Op, int... I, class... C>
inline constexpr bool stands_still<node_cursor<Op, detail::bundle_of<positions<I...>, C...>>> = (stands_still<C> ||
                                                                                                 ...);

/// Adds the sums of leaves that stood still to their parts and begins new ones. `total` sums the columns of an L.
template <class Cursor, class Total>
CLIPT_HD void finish_row(Cursor&, Total) {}
template <class T, bool Same, class L, class Total>
CLIPT_HD void finish_row(write_cursor<T, Same, false, L>& e, Total total) {
  if constexpr (!Same) {
    *e.partial += static_cast<double>(total(e.sum));
    e.sum = L(0);
  }
}
template <class Op, int... I, class... C, class Total>
CLIPT_HD void finish_row(node_cursor<Op, detail::bundle_of<positions<I...>, C...>>& e, Total total) {
  (finish_row(at<I>(e.args), total), ...);
}

}  // namespace clipt::inline CLIPT_BUILD
