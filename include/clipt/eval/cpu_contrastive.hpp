// The symmetric contrastive loss on the CPU: one matrix of cosines, its row and column softmax, and their gradients.
#pragma once
#include <cmath>  // exp, log

#include <clipt/eval/cpu_gemm.hpp>       // gemm
#include <clipt/eval/cpu_map.hpp>        // for_pieces, rows_per_piece
#include <clipt/eval/cpu_row_rules.hpp>  // log_softmax_shift, map_row
#include <clipt/eval/row_sums.hpp>       // row_sums
#include <clipt/ops/losses.hpp>          // ops::contrastive_loss

namespace clipt::inline CLIPT_BUILD::on_cpu {

/// s [n, n] = scale images textsᵀ.
template <class T>
void scaled_cosines(dim_t n, dim_t width, T scale, const T* images, const T* texts, T* s, int threads) {
  gemm<T>(transpose::no, transpose::yes, scale, matrix<const T>{images, n, width, width},
          matrix<const T>{texts, n, width, width}, {s, n, n, n}, update::store, threads);
}

/// result[j] = log(sum over i of exp(s[i, j])); `largest` is scratch of n elements.
template <class T>
void column_log_sums(dim_t n, const T* s, T* result, T* largest, const row_sums<T>& sums) {
  std::copy(s, s + n, largest);
  for (dim_t i = 1; i < n; ++i)
    map_row<T>(
        n, largest, [](const lanes<T>& a, const lanes<T>& b) { return max(a, b); }, largest, s + i * n);
  using access = columns_of<lanes<T>>;
  for (dim_t i = 0; i < n; ++i) {
    const auto to = sums.at(0, i);
    for_columns<T>(0, n, [&](dim_t c, auto count) {
      to.add(c, exp(access::read(s + i * n + c, count) - access::read(largest + c, count)), count);
    });
  }
  for (dim_t c = 0; c < n; ++c) result[c] = static_cast<T>(std::log(sums.total(c)) + static_cast<double>(largest[c]));
}

/// The mean over both directions of -log softmax(s) on the diagonal. `by_row`, `by_column` [n] are kept.
template <class T>
T contrastive_loss(dim_t n, const T* s, T* by_row, T* by_column, T* scratch, const row_sums<T>& sums, int threads) {
  for_pieces(threads, n, rows_per_piece(n), [&](dim_t begin, dim_t end) {
    for (dim_t i = begin; i < end; ++i) by_row[i] = log_softmax_shift(s + i * n, n);
  });
  column_log_sums(n, s, by_column, scratch, sums);
  double loss = 0;
  for (dim_t i = 0; i < n; ++i) loss += by_row[i] + by_column[i] - 2 * s[i * n + i];
  return static_cast<T>(loss / static_cast<double>(2 * n));
}

/// s becomes the loss's gradient by the cosines times g: scale g (softmax by rows + softmax by columns - 2 I) / 2n.
/// Returned is the sum of the gradient by s times s: the gradient by the logarithm of the scale. `row_totals` is
/// scratch [n].
template <class T>
T contrastive_gradient(dim_t n, T g, T scale, T* s, const T* by_row, const T* by_column, T* row_totals, int threads) {
  const lanes<T> factor(g / T(2 * n)), by_cosine(scale);
  for_pieces(threads, n, rows_per_piece(n), [&](dim_t begin, dim_t end) {
    for (dim_t i = begin; i < end; ++i) {
      T* row = s + i * n;
      const lanes<T> row_sum(by_row[i]);
      const T diagonal = row[i];
      lanes<T> total(0);
      for_columns<T>(0, n, [&](dim_t c, auto count) {
        using access = columns_of<lanes<T>>;
        const auto x = access::read(row + c, count);
        const auto p = (exp(x - row_sum) + exp(x - access::read(by_column + c, count))) * factor;
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
    *loss = on_cpu::contrastive_loss(n, s, sums, sums + n, sums + 2 * n, on_cpu::sums_of_rows<T>(ctx, n, n, 1),
                                     ctx.threads());
  }

  template <class Context, class T, class Scale>
  static void backward(Context& ctx, dim_t n, const T* g, const Scale& log_scale, T* s, T* sums) {
    const T by_scale = on_cpu::contrastive_gradient(n, *g, std::exp(*log_scale.data()), s, sums, sums + n, sums + 2 * n,
                                                    ctx.threads());
    if constexpr (active<Scale>) *log_scale.gradient = log_scale.stores ? by_scale : *log_scale.gradient + by_scale;
  }
};

}  // namespace clipt::inline CLIPT_BUILD
