// The symmetric contrastive loss on the CPU: one matrix of cosines, its row and column softmax, and their gradients.
#pragma once
#include <cmath>  // exp, log

#include <clipt/eval/cpu_gemm.hpp>       // gemm
#include <clipt/eval/cpu_map.hpp>        // for_pieces, rows_per_piece
#include <clipt/eval/cpu_row_rules.hpp>  // log_softmax_shift, map_row
#include <clipt/ops/losses.hpp>          // ops::contrastive_loss

namespace clipt::inline CLIPT_BUILD::on_cpu {

/// s [n, n] = scale images textsᵀ.
template <class T>
void scaled_cosines(dim_t n, dim_t width, T scale, const T* images, const T* texts, T* s, int threads) {
  gemm<T>(transpose::no, transpose::yes, scale, matrix<const T>{images, n, width, width},
          matrix<const T>{texts, n, width, width}, {s, n, n, n}, update::store, threads);
}

/// sums[j] = log(sum over i of exp(s[i, j])); `largest` is scratch of n elements.
template <class T>
void column_log_sums(dim_t n, const T* s, T* sums, T* largest) {
  std::copy(s, s + n, largest);
  for (dim_t i = 1; i < n; ++i)
    map_row<T>(
        n, largest, [](const lanes<T>& a, const lanes<T>& b) { return max(a, b); }, largest, s + i * n);
  std::fill(sums, sums + n, T(0));
  for (dim_t i = 0; i < n; ++i)
    map_row<T>(
        n, sums, [](const lanes<T>& sum, const lanes<T>& x, const lanes<T>& m) { return sum + exp(x - m); }, sums,
        s + i * n, largest);
  map_row<T>(
      n, sums, [](const lanes<T>& sum, const lanes<T>& m) { return log(sum) + m; }, sums, largest);
}

/// The mean over both directions of -log softmax(s) on the diagonal. `row_sums`, `column_sums` [n] are kept.
template <class T>
T contrastive_loss(dim_t n, const T* s, T* row_sums, T* column_sums, T* scratch, int threads) {
  for_pieces(threads, n, rows_per_piece(n), [&](dim_t begin, dim_t end) {
    for (dim_t i = begin; i < end; ++i) row_sums[i] = log_softmax_shift(s + i * n, n);
  });
  column_log_sums(n, s, column_sums, scratch);
  double loss = 0;
  for (dim_t i = 0; i < n; ++i) loss += row_sums[i] + column_sums[i] - 2 * s[i * n + i];
  return n == 0 ? T(0) : static_cast<T>(loss / static_cast<double>(2 * n));
}

/// s becomes the loss's gradient by the cosines times g: scale g (softmax by rows + softmax by columns - 2 I) / 2n.
/// Returned is the sum of the gradient by s times s: the gradient by the logarithm of the scale. `row_totals` is
/// scratch [n].
template <class T>
T contrastive_gradient(dim_t n, T g, T scale, T* s, const T* row_sums, const T* column_sums, T* row_totals,
                       int threads) {
  const lanes<T> factor(g / T(2 * n)), by_cosine(scale);
  for_pieces(threads, n, rows_per_piece(n), [&](dim_t begin, dim_t end) {
    for (dim_t i = begin; i < end; ++i) {
      T* row = s + i * n;
      const lanes<T> row_sum(row_sums[i]);
      const T diagonal = row[i];
      lanes<T> total(0);
      for_columns<T>(0, n, [&](dim_t c, auto count) {
        using access = columns_of<lanes<T>>;
        const auto x = access::read(row + c, count);
        const auto p = (exp(x - row_sum) + exp(x - access::read(column_sums + c, count))) * factor;
        total = total + access::keep(p * x, count);
        access::write(row + c, p * by_cosine, count);
      });
      row[i] -= scale * 2 * g / T(2 * n);
      row_totals[i] = sum(total) - 2 * g / T(2 * n) * diagonal;
    }
  });
  double total = 0;
  for (dim_t i = 0; i < n; ++i) total += row_totals[i];
  return static_cast<T>(total);
}

}  // namespace clipt::inline CLIPT_BUILD::on_cpu

namespace clipt::inline CLIPT_BUILD {

template <>
struct kernel<ops::contrastive_loss, cpu> {
  template <class Context, class T>
  static void forward(Context& ctx, dim_t n, dim_t width, const T* images, const T* texts, const T* log_scale, T* s,
                      T* sums, T* loss) {
    on_cpu::scaled_cosines(n, width, std::exp(*log_scale), images, texts, s, ctx.threads());
    *loss = on_cpu::contrastive_loss(n, s, sums, sums + n, sums + 2 * n, ctx.threads());
  }

  template <class Context, class T, class Scale>
  static void backward(Context& ctx, dim_t n, const T* g, const Scale& log_scale, T* s, T* sums) {
    const T by_scale =
        on_cpu::contrastive_gradient(n, *g, std::exp(*log_scale.data), s, sums, sums + n, sums + 2 * n, ctx.threads());
    if constexpr (active<Scale>) *log_scale.gradient = log_scale.stores ? by_scale : *log_scale.gradient + by_scale;
  }
};

}  // namespace clipt::inline CLIPT_BUILD
