// Attention on the GPU: of bfloat16 and heads of 64 columns by the matrix units, else a thread for each row of a head,
// which is right for any width and slow.
#pragma once
#include <limits>  // infinity

#include <clipt/core/scalar_math.hpp>      // exp, log, max, sqrt
#include <clipt/cuda/algorithms.cuh>       // for_each
#include <clipt/cuda/context.cuh>          // device_state
#include <clipt/cuda/flash_attention.cuh>  // flash_forward_body, flash_backward_body
#include <clipt/ops/attention.hpp>         // attention_setting, strided_rows, written_rows

namespace clipt::inline CLIPT_BUILD {

namespace on_cuda {

/// q, k and v of one attention, of which a thread looks at the columns of one head.
template <class T>
struct attention_operands {
  using C = compute_t<T>;
  attention_setting s;
  strided_rows<const T> q, k, v;

  /// The dot product of row i of a and row j of b.
  CLIPT_HD C dot(const strided_rows<const T>& a, dim_t i, const strided_rows<const T>& b, dim_t j, dim_t head) const {
    const T* const x = a.data + i * a.stride + head * s.head_width;
    const T* const y = b.data + j * b.stride + head * s.head_width;
    C total = 0;
    for (dim_t c = 0; c < s.head_width; ++c) total += static_cast<C>(x[c]) * static_cast<C>(y[c]);
    return total;
  }
  CLIPT_HD C score(dim_t query, dim_t key, dim_t head) const {
    return dot(q, query, k, key, head) / sqrt(static_cast<C>(s.head_width));
  }

  /// The keys that a query sees.
  CLIPT_HD sequence_rows::rows_type seen_by(dim_t query) const {
    const dim_t sequence = s.queries.of_row(query);
    const auto keys = s.keys.range(sequence);
    return s.causal ? sequence_rows::rows_type{keys.begin, query + 1} : keys;
  }
  /// The queries that see a key.
  CLIPT_HD sequence_rows::rows_type that_see(dim_t key) const {
    const dim_t sequence = s.keys.of_row(key);
    const auto queries = s.queries.range(sequence);
    return s.causal ? sequence_rows::rows_type{key, queries.end} : queries;
  }
};

/// out and the logarithm of its softmax's sum, for one query of one head.
template <class T>
struct attend_body {
  using C = compute_t<T>;
  attention_operands<T> x;
  strided_rows<T> out;
  C* log_sums;

  CLIPT_HD void operator()(int i) const {
    const dim_t query = i / x.s.heads, head = i - query * x.s.heads;
    const auto keys = x.seen_by(query);
    C largest = -std::numeric_limits<C>::infinity(), total = 0;
    for (dim_t key = keys.begin; key < keys.end; ++key) largest = max(largest, x.score(query, key, head));
    for (dim_t key = keys.begin; key < keys.end; ++key) total += exp(x.score(query, key, head) - largest);
    const C log_sum = largest + log(total);
    log_sums[i] = log_sum;
    for (dim_t c = head * x.s.head_width; c < (head + 1) * x.s.head_width; ++c) {
      C value = 0;
      for (dim_t key = keys.begin; key < keys.end; ++key)
        value += exp(x.score(query, key, head) - log_sum) * static_cast<C>(x.v.data[key * x.v.stride + c]);
      out.data[query * out.stride + c] = static_cast<T>(value);
    }
  }
};

/// What a backward looks at besides.
template <class T>
struct attention_gradients {
  using C = compute_t<T>;
  attention_operands<T> x;
  strided_rows<const T> out, g;
  const C* log_sums;

  CLIPT_HD C probability(dim_t query, dim_t key, dim_t head) const {
    return exp(x.score(query, key, head) - log_sums[query * x.s.heads + head]);
  }
  /// The gradient by the score, times its scale.
  CLIPT_HD C by_dot(dim_t query, dim_t key, dim_t head) const {
    const C by_probability = x.dot(g, query, x.v, key, head) - x.dot(out, query, g, query, head);
    return probability(query, key, head) * by_probability / sqrt(static_cast<C>(x.s.head_width));
  }
  CLIPT_HD static void write(const written_rows<T>& to, dim_t row, dim_t column, C value) {
    T& place = to.rows.data[row * to.rows.stride + column];
    place = static_cast<T>(to.stores ? value : static_cast<C>(place) + value);
  }
};

/// dq of one query of one head.
template <class T>
struct query_gradient_body {
  attention_gradients<T> of;
  written_rows<T> dq;

  CLIPT_HD void operator()(int i) const {
    const auto& x = of.x;
    const dim_t query = i / x.s.heads, head = i - query * x.s.heads;
    const auto keys = x.seen_by(query);
    for (dim_t c = head * x.s.head_width; c < (head + 1) * x.s.head_width; ++c) {
      compute_t<T> total = 0;
      for (dim_t key = keys.begin; key < keys.end; ++key)
        total += of.by_dot(query, key, head) * static_cast<compute_t<T>>(x.k.data[key * x.k.stride + c]);
      of.write(dq, query, c, total);
    }
  }
};

/// dk and dv of one key of one head.
template <class T>
struct key_gradient_body {
  using C = compute_t<T>;
  attention_gradients<T> of;
  written_rows<T> dk, dv;

  CLIPT_HD void operator()(int i) const {
    const auto& x = of.x;
    const dim_t key = i / x.s.heads, head = i - key * x.s.heads;
    const auto queries = x.that_see(key);
    for (dim_t c = head * x.s.head_width; c < (head + 1) * x.s.head_width; ++c) {
      C by_key = 0, by_value = 0;
      for (dim_t query = queries.begin; query < queries.end; ++query) {
        by_key += of.by_dot(query, key, head) * static_cast<C>(x.q.data[query * x.q.stride + c]);
        by_value += of.probability(query, key, head) * static_cast<C>(of.g.data[query * of.g.stride + c]);
      }
      of.write(dk, key, c, by_key);
      of.write(dv, key, c, by_value);
    }
  }
};

/// Whether the matrix units take the operands: rows of bfloat16 that begin at multiples of 16 bytes, in heads of 64.
template <class T, class... Rows>
bool flashes(const attention_setting& s, const Rows&... rows) {
  const auto fits = [](const auto& x) {
    return reinterpret_cast<std::uintptr_t>(x.data) % 16 == 0 && x.stride % 8 == 0;
  };
  return std::is_same_v<T, bfloat16> && s.head_width == tile_columns && (fits(rows) && ...);
}

}  // namespace on_cuda

template <>
struct kernel<ops::attention, gpu> {
  template <class T>
  static constexpr bool takes_narrow = std::is_same_v<T, bfloat16>;

  template <class Context, class T>
  static void forward(Context& ctx, const attention_setting& s, strided_rows<const T> q, strided_rows<const T> k,
                      strided_rows<const T> v, strided_rows<T> out, compute_t<T>* log_sums) {
    using namespace on_cuda;
    if constexpr (std::is_same_v<T, bfloat16>)
      if (flashes<T>(s, q, k, v, out)) return flash(ctx, s, q, k, v, out, log_sums);
    for_each(ctx.state().stream, s.query_rows * s.heads, attend_body<T>{{s, q, k, v}, out, log_sums});
  }
  template <class Context, class T>
  static void backward(Context& ctx, const attention_setting& s, strided_rows<const T> q, strided_rows<const T> k,
                       strided_rows<const T> v, strided_rows<const T> out, const compute_t<T>* log_sums,
                       strided_rows<const T> g, written_rows<T> dq, written_rows<T> dk, written_rows<T> dv) {
    using namespace on_cuda;
    if constexpr (std::is_same_v<T, bfloat16>)
      if (flashes<T>(s, q, k, v, out, g, dq.rows, dk.rows, dv.rows))
        return flash_back(ctx, s, q, k, v, out, log_sums, g, dq, dk, dv);
    const attention_gradients<T> of{{s, q, k, v}, out, g, log_sums};
    for_each(ctx.state().stream, s.query_rows * s.heads, query_gradient_body<T>{of, dq});
    for_each(ctx.state().stream, s.key_rows * s.heads, key_gradient_body<T>{of, dk, dv});
  }

 private:
  using rows_type = strided_rows<const bfloat16>;

  /// A block for each tile of queries where all sequences have as many, else for each sequence.
  static void flash(auto& ctx, const attention_setting& s, rows_type q, rows_type k, rows_type v,
                    strided_rows<bfloat16> out, float* log_sums) {
    using namespace on_cuda;
    const dim_t tiles = (s.queries.length + tile_rows - 1) / tile_rows;
    const int blocks = s.queries.offsets != nullptr || tiles == 0 ? 1 : static_cast<int>(tiles);
    launch(ctx.state().stream, s.queries.count * s.heads * blocks, tile_threads, flash_forward_body::shared_bytes,
           flash_forward_body{s, q, k, v, out, log_sums, blocks});
  }

  static void flash_back(auto& ctx, const attention_setting& s, rows_type q, rows_type k, rows_type v, rows_type out,
                         const float* log_sums, rows_type g, written_rows<bfloat16> dq, written_rows<bfloat16> dk,
                         written_rows<bfloat16> dv) {
    using namespace on_cuda;
    const auto stream = ctx.state().stream;
    float* const dots = ctx.template scratch<float>(s.query_rows * s.heads);
    const bool one_tile = s.keys.offsets == nullptr && s.keys.length <= tile_rows;
    float* const partial = one_tile ? nullptr : ctx.template scratch<float>(s.query_rows * s.heads * tile_columns);
    for_each(stream, s.query_rows * s.heads, output_dot_body{s, out, g, dots});
    launch(stream, s.queries.count * s.heads, tile_threads, flash_backward_body::shared_bytes,
           flash_backward_body{s, q, k, v, g, log_sums, dots, partial, dq, dk, dv});
  }
};

}  // namespace clipt::inline CLIPT_BUILD
