// Attention on the GPU, a thread for each row of a head: right for any length, and what a faster kernel is compared with.
#pragma once
#include <limits>  // infinity

#include <clipt/core/scalar_math.hpp>  // exp, log, max, sqrt
#include <clipt/cuda/algorithms.cuh>   // for_each
#include <clipt/cuda/context.cuh>      // device_state
#include <clipt/ops/attention.hpp>     // attention_setting, strided_rows, written_rows

namespace clipt::inline CLIPT_BUILD {

namespace on_cuda {

/// q, k and v of one attention, of which a thread looks at the columns of one head.
template <class T>
struct attention_operands {
  attention_setting s;
  strided_rows<const T> q, k, v;

  /// The dot product of row i of a and row j of b.
  CLIPT_HD T dot(const strided_rows<const T>& a, dim_t i, const strided_rows<const T>& b, dim_t j, dim_t head) const {
    const T* const x = a.data + i * a.stride + head * s.head_width;
    const T* const y = b.data + j * b.stride + head * s.head_width;
    T total = 0;
    for (dim_t c = 0; c < s.head_width; ++c) total += x[c] * y[c];
    return total;
  }
  CLIPT_HD T score(dim_t query, dim_t key, dim_t head) const {
    return dot(q, query, k, key, head) / sqrt(static_cast<T>(s.head_width));
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
  attention_operands<T> x;
  strided_rows<T> out;
  T* log_sums;

  CLIPT_HD void operator()(int i) const {
    const dim_t query = i / x.s.heads, head = i - query * x.s.heads;
    const auto keys = x.seen_by(query);
    T largest = -std::numeric_limits<T>::infinity(), total = 0;
    for (dim_t key = keys.begin; key < keys.end; ++key) largest = max(largest, x.score(query, key, head));
    for (dim_t key = keys.begin; key < keys.end; ++key) total += exp(x.score(query, key, head) - largest);
    const T log_sum = largest + log(total);
    log_sums[i] = log_sum;
    for (dim_t c = head * x.s.head_width; c < (head + 1) * x.s.head_width; ++c) {
      T value = 0;
      for (dim_t key = keys.begin; key < keys.end; ++key)
        value += exp(x.score(query, key, head) - log_sum) * x.v.data[key * x.v.stride + c];
      out.data[query * out.stride + c] = value;
    }
  }
};

/// What a backward looks at besides.
template <class T>
struct attention_gradients {
  attention_operands<T> x;
  strided_rows<const T> out, g;
  const T* log_sums;

  CLIPT_HD T probability(dim_t query, dim_t key, dim_t head) const {
    return exp(x.score(query, key, head) - log_sums[query * x.s.heads + head]);
  }
  /// The gradient by the score, times its scale.
  CLIPT_HD T by_dot(dim_t query, dim_t key, dim_t head) const {
    const T by_probability = x.dot(g, query, x.v, key, head) - x.dot(out, query, g, query, head);
    return probability(query, key, head) * by_probability / sqrt(static_cast<T>(x.s.head_width));
  }
  CLIPT_HD static void write(const written_rows<T>& to, dim_t row, dim_t column, T value) {
    T& place = to.rows.data[row * to.rows.stride + column];
    place = to.stores ? value : place + value;
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
      T total = 0;
      for (dim_t key = keys.begin; key < keys.end; ++key)
        total += of.by_dot(query, key, head) * x.k.data[key * x.k.stride + c];
      of.write(dq, query, c, total);
    }
  }
};

/// dk and dv of one key of one head.
template <class T>
struct key_gradient_body {
  attention_gradients<T> of;
  written_rows<T> dk, dv;

  CLIPT_HD void operator()(int i) const {
    const auto& x = of.x;
    const dim_t key = i / x.s.heads, head = i - key * x.s.heads;
    const auto queries = x.that_see(key);
    for (dim_t c = head * x.s.head_width; c < (head + 1) * x.s.head_width; ++c) {
      T by_key = 0, by_value = 0;
      for (dim_t query = queries.begin; query < queries.end; ++query) {
        by_key += of.by_dot(query, key, head) * x.q.data[query * x.q.stride + c];
        by_value += of.probability(query, key, head) * of.g.data[query * of.g.stride + c];
      }
      of.write(dk, key, c, by_key);
      of.write(dv, key, c, by_value);
    }
  }
};

}  // namespace on_cuda

template <>
struct kernel<ops::attention, gpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const attention_setting& s, strided_rows<const T> q, strided_rows<const T> k,
                      strided_rows<const T> v, strided_rows<T> out, T* log_sums) {
    on_cuda::for_each(ctx.state().stream, s.query_rows * s.heads, on_cuda::attend_body<T>{{s, q, k, v}, out, log_sums});
  }
  template <class Context, class T>
  static void backward(Context& ctx, const attention_setting& s, strided_rows<const T> q, strided_rows<const T> k,
                       strided_rows<const T> v, strided_rows<const T> out, const T* log_sums, strided_rows<const T> g,
                       written_rows<T> dq, written_rows<T> dk, written_rows<T> dv) {
    const on_cuda::attention_gradients<T> of{{s, q, k, v}, out, g, log_sums};
    on_cuda::for_each(ctx.state().stream, s.query_rows * s.heads, on_cuda::query_gradient_body<T>{of, dq});
    on_cuda::for_each(ctx.state().stream, s.key_rows * s.heads, on_cuda::key_gradient_body<T>{of, dk, dv});
  }
};

}  // namespace clipt::inline CLIPT_BUILD
