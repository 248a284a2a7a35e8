// Rows of a table by number on the CPU, and their gradients added up in the order of the numbers.
#pragma once
#include <algorithm>  // sort
#include <cstring>    // memcpy, memset
#include <numeric>    // iota
#include <utility>    // pair

#include <clipt/core/error.hpp>    // shape_error
#include <clipt/eval/cpu_map.hpp>  // for_pieces, rows_per_piece, for_columns
#include <clipt/eval/thread_buffer.hpp>  // thread_buffer
#include <clipt/ops/gather.hpp>    // ops::gather

namespace clipt::inline CLIPT_BUILD {

template <>
struct kernel<ops::gather, cpu> {
  /// out[i] = table[ids[i]], rows of n elements; `shape_error` when an id lies outside [0, rows).
  template <class Context, class T, class Id>
  static void forward(Context& ctx, const T* table, const Id* ids, dim_t count, dim_t n, T* out, dim_t rows) {
    for (dim_t i = 0; i < count; ++i)
      if (ids[i] < 0 || ids[i] >= rows)
        throw shape_error("clipt::gather: id " + std::to_string(ids[i]) + " at position " + std::to_string(i) +
                          " is outside [0, " + std::to_string(rows) + "), the rows of the table");
    if (n == 0) return;
    on_cpu::for_pieces(ctx.threads(), count, on_cpu::rows_per_piece(n), [&](dim_t begin, dim_t end) {
      for (dim_t i = begin; i < end; ++i)
        std::memcpy(out + i * n, table + ids[i] * n, static_cast<std::size_t>(n) * sizeof(T));
    });
  }

  static constexpr dim_t columns_at_once = 64;

  /// table[ids[i]] += g[i]; a table that is still empty is zeroed before.
  ///
  /// Threads share out columns, not rows: each element is then summed in the order of the positions by one thread,
  /// whatever the thread count, and a word that occurs everywhere unbalances nothing.
  template <class Context, class T, class Id>
  static void backward(Context& ctx, const T* g, const Id* ids, dim_t count, dim_t n, T* table, dim_t rows,
                       bool stores) {
    using access = columns_of<lanes<compute_t<T>>>;
    if (stores) {
      on_cpu::for_pieces(ctx.threads(), rows * n, 16 * on_cpu::grain, [&](dim_t begin, dim_t end) {
        std::memset(static_cast<void*>(table + begin), 0, static_cast<std::size_t>(end - begin) * sizeof(T));
      });
    }
    if constexpr (!std::is_same_v<T, compute_t<T>>) return add_in_full(ctx, g, ids, count, n, table);
    on_cpu::for_pieces(ctx.threads(), n, columns_at_once, [&](dim_t begin, dim_t end) {
      for (dim_t i = 0; i < count; ++i) {
        T* const row = table + ids[i] * n;
        on_cpu::for_columns<compute_t<T>>(begin, end, [&](dim_t c, auto columns) {
          access::write(row + c, access::read(row + c, columns) + access::read(g + i * n + c, columns), columns);
        });
      }
    });
  }

 private:
  /// The same for elements of 16 bits, whose sums are not rounded in between: all that one row gets is added up at once.
  template <class Context, class T, class Id>
  static void add_in_full(Context& ctx, const T* g, const Id* ids, dim_t count, dim_t n, T* table) {
    using access = columns_of<lanes<compute_t<T>>>;
    dim_t* const order = on_cpu::thread_buffer<kernel, dim_t>(count);
    std::iota(order, order + count, dim_t{0});
    std::sort(order, order + count, [=](dim_t a, dim_t b) { return std::pair(ids[a], a) < std::pair(ids[b], b); });
    on_cpu::for_pieces(ctx.threads(), n, columns_at_once, [&](dim_t begin, dim_t end) {
      for (dim_t first = 0, last; first < count; first = last) {
        for (last = first + 1; last < count && ids[order[last]] == ids[order[first]];) ++last;
        T* const row = table + ids[order[first]] * n;
        on_cpu::for_columns<compute_t<T>>(begin, end, [&](dim_t c, auto columns) {
          auto sum = access::read(row + c, columns);
          for (dim_t i = first; i < last; ++i) sum = sum + access::read(g + order[i] * n + c, columns);
          access::write(row + c, sum, columns);
        });
      }
    });
  }
};

}  // namespace clipt::inline CLIPT_BUILD
