// gather: rows of a table by number, the lookup of an embedding and the pooling of chosen tokens.
#pragma once
#include <cstdint>  // int32_t
#include <cstring>  // memcpy, memset

#include <clipt/autodiff/checked_operand.hpp>  // operand_in
#include <clipt/autodiff/evaluate.hpp>         // eval, finish

namespace clipt::inline CLIPT_BUILD {

namespace ops {
struct gather {};
}  // namespace ops

template <>
struct kernel<ops::gather, cpu> {
  /// out[i] = table[ids[i]], rows of n elements; `shape_error` when an id lies outside [0, rows).
  template <class Context, class T>
  static void forward(Context& ctx, const T* table, const std::int32_t* ids, dim_t count, dim_t n, T* out, dim_t rows) {
    for (dim_t i = 0; i < count; ++i)
      if (ids[i] < 0 || ids[i] >= rows)
        throw shape_error("clipt::gather: id " + std::to_string(ids[i]) + " is outside [0, " + std::to_string(rows) +
                          "), the rows of the table");
    on_cpu::for_pieces(ctx.threads(), count, on_cpu::rows_per_piece(n), [&](dim_t begin, dim_t end) {
      for (dim_t i = begin; i < end; ++i)
        std::memcpy(out + i * n, table + ids[i] * n, static_cast<std::size_t>(n) * sizeof(T));
    });
  }

  /// table[ids[i]] += g[i]; a table that is still empty is zeroed before.
  ///
  /// Threads share out columns, not rows: each element is then summed in the order of the positions by one thread,
  /// whatever the thread count, and a word that occurs everywhere unbalances nothing.
  template <class Context, class T>
  static void backward(Context& ctx, const T* g, const std::int32_t* ids, dim_t count, dim_t n, T* table, dim_t rows,
                       bool stores) {
    using access = columns_of<lanes<compute_t<T>>>;
    if (stores) {
      on_cpu::for_pieces(ctx.threads(), rows * n, 16 * on_cpu::grain, [&](dim_t begin, dim_t end) {
        std::memset(static_cast<void*>(table + begin), 0, static_cast<std::size_t>(end - begin) * sizeof(T));
      });
    }
    constexpr dim_t columns_at_once = 64;
    on_cpu::for_pieces(ctx.threads(), n, columns_at_once, [&](dim_t begin, dim_t end) {
      for (dim_t i = 0; i < count; ++i) {
        T* const row = table + ids[i] * n;
        on_cpu::for_columns<compute_t<T>>(begin, end, [&](dim_t c, auto columns) {
          access::write(row + c, access::read(row + c, columns) + access::read(g + i * n + c, columns), columns);
        });
      }
    });
  }
};

/// The rows of a table that `ids` name, in their order. table: [rows, width], ids: std::int32_t [...] -> [..., width].
///
/// y[i] = table[ids[i]]; dtable[r] = sum of g[i] over all i with ids[i] = r, in the order of i. Rows that no id names
/// get 0. Also pools tokens by index: x [tokens, width] with ids [sequences]. Errors: `shape_error` when an id lies
/// outside [0, rows). PyTorch equivalent: `F.embedding(ids, table)`, `x[ids]`.
template <class Context, tensor_like Table, tensor_like Ids>
auto gather(Context& ctx, Table&& table, const Ids& ids) {
  const auto t = eval(ctx, std::forward<Table>(table));
  const auto at = operand_in(ctx, "gather", ids);
  using X = std::remove_const_t<decltype(t)>;
  using I = std::remove_const_t<decltype(at)>;
  using S = typename X::shape_type;
  static_assert(element_types<typename I::value_type, std::int32_t>::equal,
                "clipt::gather: ids are std::int32_t: another element type is given; store them as such");
  static_assert(rank_of<S>::template is<2>,
                "clipt::gather: table [rows, width]: the table has another rank; reshape it");
  if constexpr (!element_types<typename I::value_type, std::int32_t>::equal || !rank_of<S>::template is<2>) {
    return t;  // refused above: no second error follows
  } else {
    using Out = concatenated_t<typename I::shape_type, shape<S::static_extent(1)>>;
    using Kernel = kernel<ops::gather, typename Context::device>;
    const dim_t rows = t.shape.extent(0), n = t.shape.extent(1), count = at.size();
    const auto out = ctx.template output<typename X::value_type>(with_last_axis<Out>(at.shape, n));
    Kernel::forward(ctx, t.data, at.data, count, n, out.data, rows);
    return finish(
        ctx, out,
        [=](auto& c, const auto& g, const auto& from) {
          Kernel::backward(c, g.data, at.data, count, n, from.gradient, rows, from.stores);
        },
        t);
  }
}

}  // namespace clipt::inline CLIPT_BUILD
