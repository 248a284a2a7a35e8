// Cursors: an expression at one row of its iteration space, every leaf an address.
#pragma once
#include <clipt/expr/leaves.hpp>  // sink, row_offset

namespace clipt::inline CLIPT_BUILD {

/// An expression at a row: what each kind of leaf, and a node, is there.
///
/// Moves: the row's columns are consecutive elements of the leaf; otherwise all are its one element.
/// Same: the leaf has the statement's own shape; otherwise its gradient is a sum.
template <class T, bool Moves>
struct read_cursor {
  const T* data;
};
template <class T, bool Same, bool Moves, class L>
struct write_cursor {
  const T* data;
  T* gradient;      // Same: the gradient's row
  double* partial;  // otherwise: this part's sums
  bool stores;
  L sum;  // of a leaf that stands still: the row's sum
};
template <class T>
struct constant_cursor {
  T value;
};
template <class Rule>
struct generated_cursor {
  Rule rule;
  dim_t row, columns;
};
template <class Op, class Cursors>
struct node_cursor {
  [[no_unique_address]] Op op;
  Cursors args;  // a bundle
};

/// `at_row<L>(e, o, row)`: the cursor of e at row `row` of the space o; L is the type that columns are computed in.
template <class L, class T, class S, class D, class O>
CLIPT_HD auto at_row(const view<T, S, D>& e, const O& o, dim_t row) {
  return read_cursor<std::remove_const_t<T>, detail::moves_along_columns<S, O>>{e.data() +
                                                                                detail::row_offset(e.shape(), o, row)};
}
template <class L, class T, class S, class D, class O>
CLIPT_HD auto at_row(const var<T, S, D>& e, const O& o, dim_t row) {
  return read_cursor<T, detail::moves_along_columns<S, O>>{e.data() + detail::row_offset(e.shape(), o, row)};
}
template <class L, class T, class S, class O>
CLIPT_HD auto at_row(const sink<T, S>& e, const O& o, dim_t row) {
  constexpr bool same = detail::kind_of<S, O>() == detail::leaf_kind::same;
  const dim_t offset = detail::row_offset(e.shape(), o, row);
  return write_cursor<T, same, detail::moves_along_columns<S, O>, L>{
      e.data() + offset, same ? e.gradient + offset : nullptr, same ? nullptr : e.partial + offset, e.stores, L(0)};
}
template <class L, class T, class O>
CLIPT_HD auto at_row(const literal<T>& e, const O&, dim_t) {
  return constant_cursor<typename literal<T>::number>{e.value};
}
template <class L, class T, class Rule, class O>
CLIPT_HD auto at_row(const generated<T, Rule>& e, const O& o, dim_t row) {
  return generated_cursor<Rule>{detail::placed(e.rule, o), row, o.columns()};
}
template <class L, class Op, class... Args, class O>
CLIPT_HD auto at_row(const node<Op, Args...>& e, const O& o, dim_t row) {
  const auto args = map_bundle(e.args, [&](const auto& arg) { return at_row<L>(arg, o, row); });
  return node_cursor<Op, std::remove_const_t<decltype(args)>>{e.op, args};
}

}  // namespace clipt::inline CLIPT_BUILD
