// Walking an expression: bound leaves, row cursors, and the two passes that derive a backward from `pull`.
//
// Evaluation goes row by row. `bind` turns leaves into plain pointers, `at_row` moves them to a row, `trace` computes
// the values of all nodes at some columns, `push` walks back down with an adjoint. L is the type that holds the
// columns: lanes on the CPU, one number in a CUDA kernel; `Count` is the number of columns, known to be whole or not.
#pragma once
#include <clipt/core/dtype.hpp>  // compute_t
#include <clipt/expr/node.hpp>   // node, active

namespace clipt::inline CLIPT_BUILD {

/// A var whose gradient is ready to be written: the active leaf of a backward pass.
template <class T, class Shape>
struct sink {
  using value_type = T;
  using shape_type = Shape;
  const T* data;
  T* gradient;
  compute_t<T>* partial;  // of a leaf that is repeated: this part's sums, [Shape], zeroed
  bool stores;            // the gradient is empty: the first write stores
  [[no_unique_address]] Shape shape;
};

namespace detail {

template <class T, class Shape>
inline constexpr bool is_expression<sink<T, Shape>> = true;
template <class T, class Shape>
struct leaf_facts<sink<T, Shape>> {
  static constexpr bool active = true;
  using device = void;
};

template <class To, class T, class Shape>
sink<T, To> with_shape(const sink<T, Shape>& x, const To& shape) {
  return {x.data, x.gradient, x.partial, x.stores, shape};
}

/// How a leaf of shape S lies in an iteration space of shape O.
enum class leaf_kind { same, scalar, row_vector, general };

template <class S, class O>
constexpr leaf_kind kind_of() {
  if (std::is_same_v<S, O>) return leaf_kind::same;
  bool all_ones = true, leading_ones = true;
  for (int i = 0; i < S::rank; ++i) {
    all_ones = all_ones && S::static_extent(i) == 1;
    if (i + 1 < S::rank) leading_ones = leading_ones && S::static_extent(i) == 1;
  }
  if (all_ones) return leaf_kind::scalar;
  return leading_ones ? leaf_kind::row_vector : leaf_kind::general;
}

/// Whether consecutive columns of O are consecutive elements of the leaf, or all one element.
template <class S, class O>
inline constexpr bool moves_along_columns = kind_of<S, O>() == leaf_kind::same ||
                                            (S::rank > 0 && S::static_extent(S::rank > 0 ? S::rank - 1 : 0) != 1);

/// The first element of a leaf that row `row` of O reads.
template <class S, class O>
CLIPT_HD constexpr dim_t row_offset(const S& s, const O& o, dim_t row) {
  constexpr leaf_kind kind = kind_of<S, O>();
  if constexpr (kind == leaf_kind::same) {
    return row * o.columns();
  } else if constexpr (kind == leaf_kind::general) {
    dim_t offset = 0, stride = S::rank > 0 ? s.extent(S::rank - 1) : 1;
    for (int k = 2; k <= O::rank; ++k) {
      const dim_t extent = o.extent(O::rank - k), coordinate = row % extent;
      row /= extent;
      if (k <= S::rank) {
        if (S::static_extent(S::rank - k) != 1) offset += coordinate * stride;
        stride *= s.extent(S::rank - k);
      }
    }
    return offset;
  } else {
    return 0;
  }
}

}  // namespace detail

/// Whether every leaf has the statement's own shape or is a single number: rows may then be cut anywhere.
template <class E, class O>
inline constexpr bool flat = detail::kind_of<typename E::shape_type, O>() == detail::leaf_kind::same
                             || detail::kind_of<typename E::shape_type, O>() == detail::leaf_kind::scalar;
template <class T, class Rule, class O>
inline constexpr bool flat<generated<T, Rule>, O> = Rule::flat;
template <class Op, class... Args, class O>
inline constexpr bool flat<node<Op, Args...>, O> = (flat<Args, O> && ...);

// Cursors: an expression at one row.

template <class T, bool Moves>
struct read_cursor {
  const T* data;
};
template <class T, bool Same, bool Moves, class L>
struct write_cursor {
  const T* data;
  T* gradient;            // Same: the gradient's row
  compute_t<T>* partial;  // otherwise: this part's sums
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
template <class Op, class... C>
struct node_cursor;
template <class Op, class A>
struct node_cursor<Op, A> {
  [[no_unique_address]] Op op;
  A a;
};
template <class Op, class A, class B>
struct node_cursor<Op, A, B> {
  [[no_unique_address]] Op op;
  A a;
  B b;
};
template <class Op, class A, class B, class C>
struct node_cursor<Op, A, B, C> {
  [[no_unique_address]] Op op;
  A a;
  B b;
  C c;
};

template <class L, class T, class S, class D, class O>
CLIPT_HD auto at_row(const view<T, S, D>& e, const O& o, dim_t row) {
  return read_cursor<std::remove_const_t<T>, detail::moves_along_columns<S, O>>{e.data +
                                                                                detail::row_offset(e.shape, o, row)};
}
template <class L, class T, class S, class D, class O>
CLIPT_HD auto at_row(const var<T, S, D>& e, const O& o, dim_t row) {
  return read_cursor<T, detail::moves_along_columns<S, O>>{e.data + detail::row_offset(e.shape, o, row)};
}
template <class L, class T, class S, class O>
CLIPT_HD auto at_row(const sink<T, S>& e, const O& o, dim_t row) {
  constexpr bool same = detail::kind_of<S, O>() == detail::leaf_kind::same;
  const dim_t offset = detail::row_offset(e.shape, o, row);
  return write_cursor<T, same, detail::moves_along_columns<S, O>, L>{
      e.data + offset, same ? e.gradient + offset : nullptr, same ? nullptr : e.partial + offset, e.stores, L(0)};
}
template <class L, class T, class O>
CLIPT_HD auto at_row(const constant<T>& e, const O&, dim_t) {
  return constant_cursor<compute_t<T>>{static_cast<compute_t<T>>(e.value)};
}
template <class L, class T, class Rule, class O>
CLIPT_HD auto at_row(const generated<T, Rule>& e, const O& o, dim_t row) {
  return generated_cursor<Rule>{e.rule, row, o.columns()};
}
template <class L, class Op, class A, class O>
CLIPT_HD auto at_row(const node<Op, A>& e, const O& o, dim_t row) {
  auto a = at_row<L>(e.a, o, row);
  return node_cursor<Op, decltype(a)>{e.op, a};
}
template <class L, class Op, class A, class B, class O>
CLIPT_HD auto at_row(const node<Op, A, B>& e, const O& o, dim_t row) {
  auto a = at_row<L>(e.a, o, row);
  auto b = at_row<L>(e.b, o, row);
  return node_cursor<Op, decltype(a), decltype(b)>{e.op, a, b};
}
template <class L, class Op, class A, class B, class C, class O>
CLIPT_HD auto at_row(const node<Op, A, B, C>& e, const O& o, dim_t row) {
  auto a = at_row<L>(e.a, o, row);
  auto b = at_row<L>(e.b, o, row);
  auto c = at_row<L>(e.c, o, row);
  return node_cursor<Op, decltype(a), decltype(b), decltype(c)>{e.op, a, b, c};
}

// Traces: the values of an expression and of all it is made of, at some columns of a row.

template <class L>
struct leaf_trace {
  L value;
};
template <class L, class A>
struct trace1 {
  L value;
  A a;
};
template <class L, class A, class B>
struct trace2 {
  L value;
  A a;
  B b;
};
template <class L, class A, class B, class C>
struct trace3 {
  L value;
  A a;
  B b;
  C c;
};

/// How columns are read from and written to memory for a type L; specialised for lanes in eval/.
template <class L>
struct columns_of {
  template <class T, class Count>
  CLIPT_HD static L read(const T* p, Count) {
    return static_cast<L>(*p);
  }
  template <class T, class Count>
  CLIPT_HD static void write(T* p, L value, Count) {
    *p = static_cast<T>(value);
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
template <class L, class Op, class A, class Count>
CLIPT_HD auto trace(const node_cursor<Op, A>& e, dim_t column, Count count) {
  const auto a = trace<L>(e.a, column, count);
  return trace1<L, std::remove_const_t<decltype(a)>>{e.op.apply(a.value), a};
}
template <class L, class Op, class A, class B, class Count>
CLIPT_HD auto trace(const node_cursor<Op, A, B>& e, dim_t column, Count count) {
  const auto a = trace<L>(e.a, column, count);
  const auto b = trace<L>(e.b, column, count);
  return trace2<L, std::remove_const_t<decltype(a)>, std::remove_const_t<decltype(b)>>{e.op.apply(a.value, b.value), a,
                                                                                       b};
}
template <class L, class Op, class A, class B, class C, class Count>
CLIPT_HD auto trace(const node_cursor<Op, A, B, C>& e, dim_t column, Count count) {
  const auto a = trace<L>(e.a, column, count);
  const auto b = trace<L>(e.b, column, count);
  const auto c = trace<L>(e.c, column, count);
  return trace3<L, std::remove_const_t<decltype(a)>, std::remove_const_t<decltype(b)>,
                std::remove_const_t<decltype(c)>>{e.op.apply(a.value, b.value, c.value), a, b, c};
}

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
    auto* const p = e.partial + column;
    access::write(p, access::read(p, count) + g, count);
  } else {
    e.sum = e.sum + access::keep(g, count);
  }
}
template <class L, class Op, class A, class Traced, class Count>
CLIPT_HD void push(node_cursor<Op, A>& e, const Traced& t, dim_t column, Count count, const L& g) {
  L ga;
  e.op.pull(t.a.value, t.value, g, ga);
  push(e.a, t.a, column, count, ga);
}
template <class L, class Op, class A, class B, class Traced, class Count>
CLIPT_HD void push(node_cursor<Op, A, B>& e, const Traced& t, dim_t column, Count count, const L& g) {
  L ga, gb;
  e.op.pull(t.a.value, t.b.value, t.value, g, ga, gb);
  push(e.a, t.a, column, count, ga);
  push(e.b, t.b, column, count, gb);
}
template <class L, class Op, class A, class B, class C, class Traced, class Count>
CLIPT_HD void push(node_cursor<Op, A, B, C>& e, const Traced& t, dim_t column, Count count, const L& g) {
  L ga, gb, gc;
  e.op.pull(t.a.value, t.b.value, t.c.value, t.value, g, ga, gb, gc);
  push(e.a, t.a, column, count, ga);
  push(e.b, t.b, column, count, gb);
  push(e.c, t.c, column, count, gc);
}

/// Ends a row: adds the sums of leaves that stood still to their parts. `total` sums the columns of an L.
template <class Cursor, class Total>
CLIPT_HD void finish_row(Cursor&, Total) {}
template <class T, bool Same, class L, class Total>
CLIPT_HD void finish_row(write_cursor<T, Same, false, L>& e, Total total) {
  if constexpr (!Same) *e.partial += total(e.sum);
}
template <class Op, class A, class Total>
CLIPT_HD void finish_row(node_cursor<Op, A>& e, Total total) {
  finish_row(e.a, total);
}
template <class Op, class A, class B, class Total>
CLIPT_HD void finish_row(node_cursor<Op, A, B>& e, Total total) {
  finish_row(e.a, total);
  finish_row(e.b, total);
}
template <class Op, class A, class B, class C, class Total>
CLIPT_HD void finish_row(node_cursor<Op, A, B, C>& e, Total total) {
  finish_row(e.a, total);
  finish_row(e.b, total);
  finish_row(e.c, total);
}

/// The expression with `f(leaf)` in the place of each leaf, left to right.
template <class E, class F>
CLIPT_HD constexpr auto with_leaves(const E& e, F&& f) {
  return f(e);
}
template <class Op, class A, class F>
CLIPT_HD constexpr auto with_leaves(const node<Op, A>& e, F&& f) {
  auto a = with_leaves(e.a, f);
  return node<Op, decltype(a)>{e.op, a};
}
template <class Op, class A, class B, class F>
CLIPT_HD constexpr auto with_leaves(const node<Op, A, B>& e, F&& f) {
  auto a = with_leaves(e.a, f);
  auto b = with_leaves(e.b, f);
  return node<Op, decltype(a), decltype(b)>{e.op, a, b};
}
template <class Op, class A, class B, class C, class F>
CLIPT_HD constexpr auto with_leaves(const node<Op, A, B, C>& e, F&& f) {
  auto a = with_leaves(e.a, f);
  auto b = with_leaves(e.b, f);
  auto c = with_leaves(e.c, f);
  return node<Op, decltype(a), decltype(b), decltype(c)>{e.op, a, b, c};
}

/// The same for the leaves that carry a gradient (vars or sinks); the others stay.
template <class E, class F>
CLIPT_HD constexpr auto with_active_leaves(const E& e, F&& f) {
  return with_leaves(e, [&](const auto& leaf) {
    if constexpr (active<decltype(leaf)>)
      return f(leaf);
    else
      return leaf;
  });
}

/// Whether an active leaf is repeated over O, so that its gradient is a sum over rows or columns.
template <class E, class O>
inline constexpr bool repeats = active<E>&& detail::kind_of<typename E::shape_type, O>() != detail::leaf_kind::same;
template <class Op, class... Args, class O>
inline constexpr bool repeats<node<Op, Args...>, O> = (repeats<Args, O> || ...);

}  // namespace clipt::inline CLIPT_BUILD
