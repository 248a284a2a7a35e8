// Attention on the CPU: per sequence and head two products around a softmax; scores never leave a thread's buffer.
#pragma once
#include <cmath>    // log, exp
#include <cstdint>  // int32_t

#include <clipt/eval/columns.hpp>        // row_peak, for_columns
#include <clipt/eval/cpu_gemm.hpp>       // gemm_serial
#include <clipt/eval/cpu_row_rules.hpp>  // map_row, sum_row
#include <clipt/eval/parallel.hpp>       // parallel_for
#include <clipt/eval/thread_buffer.hpp>  // thread_buffer
#include <clipt/ops/attention.hpp>       // attention_setting, strided_rows, written_rows

namespace clipt::inline CLIPT_BUILD::on_cpu {

/// A block of rows and columns as a matrix.
template <class T>
matrix<T> block_of(const strided_rows<T>& x, dim_t row, dim_t rows, dim_t column, dim_t columns) {
  return {x.data + row * x.stride + column, rows, columns, x.stride};
}

namespace detail {

/// Calls `f(head, first query, queries, first key, keys)` for each head of each sequence, in parallel.
template <class F>
void for_heads(const attention_setting& s, int threads, F&& f) {
  parallel_for(threads, s.queries.count * s.heads, [&](dim_t i) {
    const dim_t sequence = i / s.heads;
    const auto q = s.queries.range(sequence), k = s.keys.range(sequence);
    f(i % s.heads, q.begin, q.size(), k.begin, k.size());
  });
}

// The buffers of one head.
struct probabilities;
struct score_gradients;

/// scores = scale q kᵀ for one head.
template <class T>
void scores_of(const attention_setting& s, matrix<const T> q, matrix<const T> k, T* scores) {
  gemm_serial<T>(transpose::no, transpose::yes, T(s.scale()), q, k, {scores, q.rows, k.rows, k.rows}, update::store);
}

}  // namespace detail

/// out = softmax(scale q kᵀ + mask) v per sequence and head; `log_sums` [query rows, heads] is kept for the backward.
template <class T>
void attention(const attention_setting& s, strided_rows<const T> q, strided_rows<const T> k, strided_rows<const T> v,
               strided_rows<T> out, T* log_sums, int threads) {
  const dim_t d = s.head_width;
  detail::for_heads(s, threads, [&](dim_t head, dim_t q0, dim_t nq, dim_t k0, dim_t nk) {
    T* p = thread_buffer<detail::probabilities, T>(nq * nk);
    detail::scores_of<T>(s, block_of(q, q0, nq, head * d, d), block_of(k, k0, nk, head * d, d), p);
    for (dim_t i = 0; i < nq; ++i) {
      T* row = p + i * nk;
      const dim_t seen = s.causal ? i + 1 : nk;
      const T largest = row_peak(row, seen);
      const lanes<T> shift(largest);
      map_row<T>(
          seen, row, [&](const lanes<T>& x) { return exp(x - shift); }, row);
      const T total = row_sum(row, seen);
      const lanes<T> scale(T(1) / total);
      map_row<T>(
          seen, row, [&](const lanes<T>& x) { return x * scale; }, row);
      std::fill(row + seen, row + nk, T(0));
      log_sums[(q0 + i) * s.heads + head] = largest + std::log(total);
    }
    gemm_serial<T>(transpose::no, transpose::no, T(1), matrix<const T>{p, nq, nk, nk}, block_of(v, k0, nk, head * d, d),
                   block_of(out, q0, nq, head * d, d), update::store);
  });
}

/// The gradients of `attention`. With P the probabilities, recomputed: dv = Pᵀ g, dP = g vᵀ,
/// dS = P (dP - rowsum(g out)), dq = scale dS k, dk = scale dSᵀ q.
template <class T>
void attention_backward(const attention_setting& s, strided_rows<const T> q, strided_rows<const T> k,
                        strided_rows<const T> v, strided_rows<const T> out, const T* log_sums, strided_rows<const T> g,
                        written_rows<T> gq, written_rows<T> gk, written_rows<T> gv, int threads) {
  const dim_t d = s.head_width;
  detail::for_heads(s, threads, [&](dim_t head, dim_t q0, dim_t nq, dim_t k0, dim_t nk) {
    const auto at_q = [&](auto x) { return block_of(x, q0, nq, head * d, d); };
    const auto at_k = [&](auto x) { return block_of(x, k0, nk, head * d, d); };
    T* p = thread_buffer<detail::probabilities, T>(nq * nk);
    T* ds = thread_buffer<detail::score_gradients, T>(nq * nk);
    const matrix<const T> pm{p, nq, nk, nk}, dsm{ds, nq, nk, nk};
    detail::scores_of<T>(s, at_q(q), at_k(k), p);
    gemm_serial<T>(transpose::no, transpose::yes, T(1), at_q(g), at_k(v), {ds, nq, nk, nk}, update::store);
    for (dim_t i = 0; i < nq; ++i) {
      const dim_t seen = s.causal ? i + 1 : nk;
      const lanes<T> shift(log_sums[(q0 + i) * s.heads + head]);
      const T* o = at_q(out).data + i * out.stride;
      const lanes<T> dot(row_dot(o, at_q(g).data + i * g.stride, d));
      map_row<T>(
          seen, p + i * nk, [&](const lanes<T>& x) { return exp(x - shift); }, p + i * nk);
      map_row<T>(
          seen, ds + i * nk, [&](const lanes<T>& x, const lanes<T>& y) { return x * (y - dot); }, p + i * nk,
          ds + i * nk);
      std::fill(p + i * nk + seen, p + (i + 1) * nk, T(0));
      std::fill(ds + i * nk + seen, ds + (i + 1) * nk, T(0));
    }
    gemm_serial<T>(transpose::yes, transpose::no, T(1), pm, at_q(g), at_k(gv.rows), update_of(gv.stores));
    gemm_serial<T>(transpose::no, transpose::no, T(s.scale()), dsm, at_k(k), at_q(gq.rows), update_of(gq.stores));
    gemm_serial<T>(transpose::yes, transpose::no, T(s.scale()), dsm, at_q(q), at_k(gk.rows), update_of(gk.stores));
  });
}

}  // namespace clipt::inline CLIPT_BUILD::on_cpu

namespace clipt::inline CLIPT_BUILD {

template <>
struct kernel<ops::attention, cpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const attention_setting& s, strided_rows<const T> q, strided_rows<const T> k,
                      strided_rows<const T> v, strided_rows<T> out, T* log_sums) {
    on_cpu::attention(s, q, k, v, out, log_sums, ctx.threads());
  }
  template <class Context, class T>
  static void backward(Context& ctx, const attention_setting& s, strided_rows<const T> q, strided_rows<const T> k,
                       strided_rows<const T> v, strided_rows<const T> out, const T* log_sums, strided_rows<const T> g,
                       written_rows<T> dq, written_rows<T> dk, written_rows<T> dv) {
    on_cpu::attention_backward(s, q, k, v, out, log_sums, g, dq, dk, dv, ctx.threads());
  }
};

}  // namespace clipt::inline CLIPT_BUILD
