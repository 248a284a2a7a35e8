// Sums of all elements and over the leading axes on the CPU, in an order that follows from the shape.
#pragma once
#include <algorithm>  // clamp, fill, max, min

#include <clipt/eval/canonical.hpp>  // canonical, canonical_rows
#include <clipt/eval/cpu_map.hpp>    // grain, push_rows
#include <clipt/eval/cpu_rows.hpp>   // input_rows
#include <clipt/eval/row_sums.hpp>   // sums_of_rows
#include <clipt/ops/reductions.hpp>  // ops::total, ops::column_sum

namespace clipt::inline CLIPT_BUILD {

template <>
struct kernel<ops::total, cpu> {
  /// out[0] = scale * sum(e): parts of rows, then those pairwise within pieces, then pieces pairwise.
  template <class Context, class E, class O, class T, class C>
  static void forward(Context& ctx, const E& e, const O& o, T* out, C scale) {
    const auto c = on_cpu::canonical(e, o);  // one row, where that is possible
    const dim_t rows = c.space.rows(), columns = c.space.columns(),
                cut = std::max<dim_t>(1, std::min(columns, on_cpu::grain));
    const dim_t per_row = (columns + cut - 1) / cut, piece = on_cpu::rows_per_piece(cut);
    const dim_t segments = rows * per_row, pieces = (segments + piece - 1) / piece;
    C* sums = ctx.template scratch<C>(std::max<dim_t>(1, pieces));
    on_cpu::parallel_for(ctx.threads(), pieces, [&](dim_t i) {
      on_cpu::pairwise_sum<C> sum;
      for (dim_t k = i * piece; k < std::min(segments, (i + 1) * piece); ++k)
        sum.add(segment_sum<C>(c, k / per_row, k % per_row * cut, std::min(columns, (k % per_row + 1) * cut)));
      sums[i] = sum.value();
    });
    on_cpu::pairwise_sum<C> sum;
    for (dim_t i = 0; i < pieces; ++i) sum.add(sums[i]);
    out[0] = static_cast<T>(scale * sum.value());
  }

  /// The sum of columns [begin, end) of a row.
  template <class C, class Canonical>
  static C segment_sum(const Canonical& c, dim_t row, dim_t begin, dim_t end) {
    using S = computed_t<std::remove_cvref_t<decltype(c.expression)>, C>;
    const auto cursor = at_row<lanes<S>>(c.expression, c.space, row);
    return static_cast<C>(on_cpu::sum_columns<S>(begin, end, [&](dim_t column, auto count) {
      return columns_of<lanes<S>>::keep(trace<lanes<S>>(cursor, column, count).value, count);
    }));
  }

  template <class Context, class E, class O, class T, class C>
  static void backward(Context& ctx, const E& e, const O& o, const T* g, C scale) {
    const auto rows = on_cpu::canonical_rows(e, o);
    const on_cpu::adjoint pass(rows.expression, rows.space, ctx);
    C* row = ctx.template scratch<C>(o.columns());
    std::fill(row, row + o.columns(), scale * static_cast<C>(g[0]));
    on_cpu::push_rows<C>(pass, rows.space, ctx.threads(), [row](dim_t, dim_t) { return row; });
  }
};

template <>
struct kernel<ops::column_sum, cpu> {
  /// out[c] = sum of e over all rows, or out[c] += it.
  template <class Context, class E, class O, class T>
  static void forward(Context& ctx, const E& e, const O& o, T* out, bool stores) {
    using C = compute_t<T>;
    const auto c = on_cpu::canonical_rows(e, o);
    const on_cpu::input_rows<C, decltype(c.expression), decltype(c.space)> input(c.expression, c.space);
    const dim_t n = o.columns(), rows = o.rows(), parts = std::clamp<dim_t>(o.size() / on_cpu::grain, 1, 16);
    const auto sums = on_cpu::sums_of_rows<C>(ctx, rows, n, parts);
    on_cpu::parallel_for(ctx.threads(), parts, [&](dim_t part) {
      for (dim_t row = sums.first(part); row < sums.first(part + 1); ++row) {
        const C* x = input(row);
        const auto to = sums.at(part, row);
        on_cpu::for_columns<C>(0, n, [&](dim_t column, auto count) {
          to.add(column, columns_of<lanes<C>>::read(x + column, count), count);
        });
      }
    });
    on_cpu::write_sums(out, stores, n, [&](dim_t column) { return sums.total(column); });
  }

  template <class Context, class E, class O, class T>
  static void backward(Context& ctx, const E& e, const O& o, const T* g) {
    const auto rows = on_cpu::canonical_rows(e, o);
    const on_cpu::adjoint pass(rows.expression, rows.space, ctx);
    on_cpu::push_rows<T>(pass, rows.space, ctx.threads(), [g](dim_t, dim_t) { return g; });
  }
};

}  // namespace clipt::inline CLIPT_BUILD
