// Evaluation of elementwise statements on the CPU: rows in lanes, rows shared out among threads.
#pragma once
#include <algorithm>  // clamp, min
#include <cstring>    // memset

#include <clipt/eval/columns.hpp>   // for_columns
#include <clipt/eval/parallel.hpp>  // parallel_for
#include <clipt/expr/push.hpp>      // at_row, trace, push

namespace clipt::inline CLIPT_BUILD::on_cpu {

/// The number of elements that one piece of parallel work covers: small enough to balance, large enough to pay.
inline constexpr dim_t grain = 16384;

/// Calls `f(begin, end)` over [0, count) in pieces of `piece`.
template <class F>
void for_pieces(int threads, dim_t count, dim_t piece, F&& f) {
  parallel_for(threads, (count + piece - 1) / piece, [&](dim_t i) { f(i * piece, std::min(count, (i + 1) * piece)); });
}

/// Rows of `columns` elements per piece of work.
inline dim_t rows_per_piece(dim_t columns) { return std::max<dim_t>(1, grain / std::max<dim_t>(1, columns)); }

/// Writes columns [begin, end) of one row of an expression.
template <class L, class Cursor, class T>
[[gnu::always_inline]] inline void write_columns(const Cursor& cursor, dim_t begin, dim_t end, T* out) {
  for_columns<typename L::value_type>(begin, end, [&](dim_t column, auto count) {
    columns_of<L>::write(out + column, trace<L>(cursor, column, count).value, count);
  });
}

/// out = e.
template <class E, class T, class O>
void map(const E& e, T* out, const O& o, int threads) {
  using L = lanes<computed_t<E, T>>;
  if constexpr (lies_flat<E, O>) {
    const auto cursor = at_row<L>(e, o, 0);
    for_pieces(threads, o.size(), grain, [&](dim_t begin, dim_t end) { write_columns<L>(cursor, begin, end, out); });
  } else {
    const dim_t columns = o.columns();
    for_pieces(threads, o.rows(), rows_per_piece(columns), [&](dim_t begin, dim_t end) {
      for (dim_t row = begin; row < end; ++row) write_columns<L>(at_row<L>(e, o, row), 0, columns, out + row * columns);
    });
  }
}

/// In how many parts the sums over a repeated leaf are taken: fixed by the shapes alone, never by the threads.
template <class O, class S>
dim_t parts_of(const O& o, const S& leaf, dim_t most) {
  const dim_t by_cost = o.size() / std::max<dim_t>(1, 4 * leaf.size());
  const dim_t by_work = o.size() / grain;
  return std::clamp<dim_t>(std::min(by_cost, by_work), 1, std::clamp<dim_t>(most, 1, 16));
}

/// A backward pass over an expression of sinks: adds up what repeated leaves get. `Memory` has `scratch<T>(count)`.
template <class E, class O, class Memory>
class adjoint {
 public:
  adjoint(const E& e, const O& o, Memory& memory)
      : o_(o), threads_(memory.threads()), bound_(bind(e, o, memory, parts_)) {}

  /// The expression with its gradients; `part` is one of `parts()` that run at the same time.
  auto bound(dim_t part) const {
    return with_active_leaves(bound_, [&](auto leaf) {
      if constexpr (repeats<decltype(leaf), O>) leaf.partial += part * leaf.shape().size();
      return leaf;
    });
  }
  const auto& bound() const { return bound_; }
  dim_t parts() const { return parts_; }

  /// Adds the parts of repeated leaves to their gradients, part after part.
  void finish() const {
    with_active_leaves(bound_, [&](auto leaf) {
      if constexpr (repeats<decltype(leaf), O>) {
        const dim_t n = leaf.shape().size();
        for_pieces(threads_, n, grain, [&](dim_t begin, dim_t end) {
          for (dim_t i = begin; i < end; ++i) {
            auto total = leaf.partial[i];
            for (dim_t part = 1; part < parts_; ++part) total += leaf.partial[part * n + i];
            leaf.gradient[i] =
                static_cast<typename decltype(leaf)::value_type>(
                    leaf.stores ? total : static_cast<decltype(total)>(leaf.gradient[i]) + total);
          }
        });
      }
      return leaf;
    });
  }

 private:
  static E bind(const E& e, const O& o, Memory& memory, dim_t& parts) {
    parts = 16;
    with_active_leaves(e, [&](auto leaf) {
      if constexpr (repeats<decltype(leaf), O>)
        parts = std::min(parts, parts_of(o, leaf.shape(), lies_flat<E, O> ? o.size() : o.rows()));
      return leaf;
    });
    return with_active_leaves(e, [&](auto leaf) {
      if constexpr (repeats<decltype(leaf), O>) {
        const auto count = parts * leaf.shape().size();
        leaf.partial = memory.template scratch<std::remove_pointer_t<decltype(leaf.partial)>>(count);
        std::memset(leaf.partial, 0, static_cast<std::size_t>(count) * sizeof(*leaf.partial));
      }
      return leaf;
    });
  }

  O o_;
  int threads_;
  dim_t parts_ = 1;
  E bound_;
};

/// Pushes the adjoints of columns [begin, end) of a row, read from `g`.
template <class L, class Cursor, class T>
[[gnu::always_inline]] inline void push_columns(Cursor& cursor, dim_t begin, dim_t end, const T* g) {
  // What leaves that stand still sum one after the other; without such leaves there is no need to stop.
  const dim_t block = stands_still<Cursor> ? dim_t{8} * L::width : std::max<dim_t>(1, end - begin);
  for (dim_t from = begin; from < end; from += block) {
    for_columns<typename L::value_type>(from, std::min(end, from + block), [&](dim_t column, auto count) {
      push(cursor, trace<L>(cursor, column, count), column, count, columns_of<L>::read(g + column, count));
    });
    finish_row(cursor, [](const L& total) { return sum(total); });
  }
}

/// Pushes the adjoints of whole rows: `row_gradient(row, part)` gives the address of a row's gradient.
template <class T, class E, class O, class Memory, class RowGradient>
void push_rows(const adjoint<E, O, Memory>& pass, const O& o, int threads, RowGradient&& row_gradient) {
  using L = lanes<computed_t<E, T>>;
  const dim_t columns = o.columns(), rows = o.rows(), parts = pass.parts();
  const auto one_row = [&](const auto& bound, dim_t row, dim_t part) {
    auto cursor = at_row<L>(bound, o, row);
    push_columns<L>(cursor, 0, columns, row_gradient(row, part));
  };
  parallel_for(threads, parts, [&](dim_t part) {
    const auto bound = pass.bound(part);
    for (dim_t row = rows * part / parts; row < rows * (part + 1) / parts; ++row) one_row(bound, row, part);
  });
  pass.finish();
}

/// Adds the gradient of `out = e` to the leaves of e.
template <class E, class T, class O, class Memory>
void map_backward(const E& e, const T* g, const O& o, Memory& memory) {
  using L = lanes<computed_t<E, T>>;
  const adjoint<E, O, Memory> pass(e, o, memory);
  if constexpr (lies_flat<E, O> && repeats<E, O>) {
    const dim_t size = o.size(), parts = pass.parts();
    parallel_for(memory.threads(), parts, [&](dim_t part) {
      auto cursor = at_row<L>(pass.bound(part), o, 0);
      push_columns<L>(cursor, size * part / parts, size * (part + 1) / parts, g);
    });
    pass.finish();
  } else if constexpr (lies_flat<E, O>) {
    const auto cursor = at_row<L>(pass.bound(), o, 0);
    for_pieces(memory.threads(), o.size(), grain, [&](dim_t begin, dim_t end) {
      auto own = cursor;
      push_columns<L>(own, begin, end, g);
    });
  } else {
    push_rows<T>(pass, o, memory.threads(), [&](dim_t row, dim_t) { return g + row * o.columns(); });
  }
}

}  // namespace clipt::inline CLIPT_BUILD::on_cpu
