// Reductions to a scalar or over the leading axes: sum, mean, column_sum.
#pragma once
#include <clipt/autodiff/checked_operand.hpp>  // operand_in
#include <clipt/nn/rows.hpp>                   // row machinery

namespace clipt::inline CLIPT_BUILD {

namespace ops {
struct total {};
struct column_sum {};
}  // namespace ops

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
  /// out[c] = sum of e over all rows, or out[c] += it: in double, in parts of fixed rows, then parts in order.
  template <class Context, class E, class O, class T>
  static void forward(Context& ctx, const E& e, const O& o, T* out, bool stores) {
    using C = compute_t<T>;
    const auto c = on_cpu::canonical_rows(e, o);
    const on_cpu::input_rows<C, decltype(c.expression), decltype(c.space)> input(c.expression, c.space);
    const dim_t n = o.columns(), rows = o.rows(), parts = std::clamp<dim_t>(o.size() / on_cpu::grain, 1, 16);
    double* sums = ctx.template scratch<double>(parts * n);
    std::fill(sums, sums + parts * n, 0.0);
    on_cpu::parallel_for(ctx.threads(), parts, [&](dim_t part) {
      double* own = sums + part * n;
      for (dim_t row = rows * part / parts; row < rows * (part + 1) / parts; ++row) {
        const C* x = input(row);
        for (dim_t c = 0; c < n; ++c) own[c] += static_cast<double>(x[c]);
      }
    });
    for (dim_t c = 0; c < n; ++c) {
      double sum = sums[c];
      for (dim_t part = 1; part < parts; ++part) sum += sums[part * n + c];
      out[c] = static_cast<T>(stores ? sum : static_cast<double>(out[c]) + sum);
    }
  }

  template <class Context, class E, class O, class T>
  static void backward(Context& ctx, const E& e, const O& o, const T* g) {
    const auto rows = on_cpu::canonical_rows(e, o);
    const on_cpu::adjoint pass(rows.expression, rows.space, ctx);
    on_cpu::push_rows<T>(pass, rows.space, ctx.threads(), [g](dim_t, dim_t) { return g; });
  }
};

namespace detail {

template <class Context, class E, class C>
auto total(Context& ctx, const E& e, C scale) {
  using T = typename E::value_type;
  using Kernel = kernel<ops::total, typename Context::device>;
  const auto o = shape_of(e);
  const auto out = ctx.template output<T>(shape<>{});
  Kernel::forward(ctx, e, o, out.data, scale);
  return finish(
      ctx, out, [=](auto& c, const auto& g, const auto& x) { Kernel::backward(c, x, o, g.data, scale); }, e);
}

}  // namespace detail

/// The sum of all elements, a scalar. PyTorch equivalent: `x.sum()`.
template <class Context, tensor_like X>
auto sum(Context& ctx, X&& x) {
  const auto e = operand_in(ctx, "sum", std::forward<X>(x));
  return detail::total(ctx, e, compute_t<typename decltype(e)::value_type>(1));
}

/// The mean of all elements, a scalar; 0 of none. PyTorch equivalent: `x.mean()`.
template <class Context, tensor_like X>
auto mean(Context& ctx, X&& x) {
  const auto e = operand_in(ctx, "mean", std::forward<X>(x));
  using C = compute_t<typename decltype(e)::value_type>;
  return detail::total(ctx, e, C(1) / static_cast<C>(std::max<dim_t>(1, shape_of(e).size())));
}

/// The sum over all axes but the last: [..., width] -> [width]. PyTorch equivalent: `x.flatten(0, -2).sum(0)`.
template <class Context, tensor_like X>
auto column_sum(Context& ctx, X&& x) {
  const auto e = operand_in(ctx, "column_sum", std::forward<X>(x));
  using E = std::remove_const_t<decltype(e)>;
  using T = typename E::value_type;
  using O = typename E::shape_type;
  static_assert(rank_of<O>::template at_least<1>, "clipt::column_sum: x [..., width]: x is a scalar");
  using Kernel = kernel<ops::column_sum, typename Context::device>;
  const auto o = shape_of(e);
  using Row = shape<O::static_extent(O::rank - 1)>;
  const auto out = ctx.template output<T>(with_last_axis<Row>(o, o.columns()));
  Kernel::forward(ctx, e, o, out.data, true);
  return finish(
      ctx, out, [=](auto& c, const auto& g, const auto& x) { Kernel::backward(c, x, o, g.data); }, e);
}

}  // namespace clipt::inline CLIPT_BUILD
