// The forward pass: the values of an expression, and of all it is made of, at some columns of a row.
//
// L holds the columns: lanes on the CPU, one number in a GPU kernel. `Count` says how many columns there are: a type of
// its own where all of L is filled, a number at the end of a row.
#pragma once
#include <clipt/core/scalar_math.hpp>  // to_element
#include <clipt/expr/cursors.hpp>      // at_row and what it returns

namespace clipt::inline CLIPT_BUILD {

/// How columns are read from and written to memory for a type L; specialised for lanes in eval/.
template <class L>
struct columns_of {
  template <class T, class Count>
  CLIPT_HD static L read(const T* p, Count) {
    return static_cast<L>(*p);
  }
  template <class T, class Count>
  CLIPT_HD static void write(T* p, L value, Count) {
    *p = to_element<T>(value);
  }
  template <class Count>
  CLIPT_HD static void add(double* p, L value, Count) {
    *p += static_cast<double>(value);
  }
  template <class Count>
  CLIPT_HD static L keep(L value, Count) {
    return value;
  }
  template <class Rule>
  CLIPT_HD static L generate(const Rule& rule, dim_t row, dim_t column, dim_t columns) {
    return static_cast<L>(rule.at(row, column, columns));
  }
};

/// The values of a leaf, and of a node with those of its operands, at some columns.
template <class L>
struct leaf_trace {
  L value;
};
template <class L, class Traces>
struct node_trace {
  L value;
  Traces args;  // a bundle
};

/// The values of an expression and of all it is made of.
template <class L, class T, bool Moves, class Count>
CLIPT_HD leaf_trace<L> trace(const read_cursor<T, Moves>& e, dim_t column, Count count) {
  if constexpr (Moves)
    return {columns_of<L>::read(e.data + column, count)};
  else
    return {L(static_cast<compute_t<T>>(*e.data))};
}
template <class L, class T, bool Same, bool Moves, class Count>
CLIPT_HD leaf_trace<L> trace(const write_cursor<T, Same, Moves, L>& e, dim_t column, Count count) {
  return trace<L>(read_cursor<T, Moves>{e.data}, column, count);
}
template <class L, class T, class Count>
CLIPT_HD leaf_trace<L> trace(const constant_cursor<T>& e, dim_t, Count) {
  return {L(e.value)};
}
template <class L, class Rule, class Count>
CLIPT_HD leaf_trace<L> trace(const generated_cursor<Rule>& e, dim_t column, Count) {
  return {columns_of<L>::generate(e.rule, e.row, column, e.columns)};
}
template <class L, class Op, int... I, class... C, class Count>
CLIPT_HD auto trace(const node_cursor<Op, detail::bundle_of<positions<I...>, C...>>& e, dim_t column, Count count) {
  using Traces = bundle<decltype(trace<L>(at<I>(e.args), column, count))...>;
  const Traces args{{trace<L>(at<I>(e.args), column, count)}...};
  return node_trace<L, Traces>{e.op.apply(at<I>(args).value...), args};
}

}  // namespace clipt::inline CLIPT_BUILD
