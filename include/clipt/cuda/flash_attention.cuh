// Attention of heads of 64 columns in bfloat16 by the matrix units: scores never leave a block's registers.
//
// Source: Dao et al., 2022, "FlashAttention", algorithms 1 and 4, whose loops are ordered so that each element of each
// result belongs to one thread: no atomics.
#pragma once
#include <cmath>   // exp2, log, fmax
#include <limits>  // infinity

#include <clipt/cuda/attention_tile.cuh>  // attention_tile
#include <clipt/ops/attention.hpp>        // attention_setting

namespace clipt::inline CLIPT_BUILD::on_cuda {

inline constexpr float log2_e = 1.44269504f, score_scale = 0.125f;  // 1 / sqrt(64)

/// The columns of one head.
template <class T>
CLIPT_HD strided_rows<T> columns_of_head(const strided_rows<T>& x, dim_t head) {
  return {x.data + head * tile_columns, x.stride};
}

/// out, and the logarithms of softmax's sums, of a sequence and head; each of `blocks` blocks takes every so many tiles.
struct flash_forward_body {
  static constexpr int threads = tile_threads, shared_bytes = 3 * tile_bytes;
  attention_setting s;
  strided_rows<const bfloat16> q, k, v;
  strided_rows<bfloat16> out;
  float* log_sums;
  int blocks;

  /// What a lane knows of its two rows: the largest score so far, and the sum of the others' exponentials.
  struct row_sums {
    float largest[2], total[2];
  };

  __device__ void operator()() const {
    const dim_t pair = block_index() / blocks;
    const auto queries = s.queries.range(pair / s.heads), keys = s.keys.range(pair / s.heads);
    for (dim_t first = block_index() % blocks * tile_rows; first < queries.size(); first += dim_t(blocks) * tile_rows) {
      attend(pair % s.heads, queries, keys, first);
      synchronize_block();  // the tiles are free for the next rows
    }
  }

 private:
  using range = sequence_rows::rows_type;

  __device__ void attend(dim_t head, const range& queries, const range& keys, dim_t first) const {
    const attention_tile of_q(0), of_k(1), of_v(2);
    constexpr float none = -std::numeric_limits<float>::infinity();
    row_sums sums{{none, none}, {0, 0}};
    warp_rows value = {};
    of_q.load(columns_of_head(q, head), queries.begin + first, queries.end);
    const dim_t seen = s.causal && first + tile_rows < keys.size() ? first + tile_rows : keys.size();
    for (dim_t key = 0; key < seen; key += tile_rows) {
      synchronize_block();  // the tiles before have been read
      of_k.load(columns_of_head(k, head), keys.begin + key, keys.end);
      of_v.load(columns_of_head(v, head), keys.begin + key, keys.end);
      synchronize_block();
      warp_rows p;
      multiply_by_rows(p, of_q, of_k);
      mask(p, first, key, keys.size());
      exponentiate(p, sums, value);
      multiply_by_columns(
          value, [&](int n) { return rounded_left(p, n); }, of_v);
    }
    write(head, queries, keys, first, sums, value);
  }

  __device__ void mask(warp_rows& scores, dim_t first, dim_t key, dim_t keys) const {
    unrolled<tile_rows / 8>([&](int n) {
      for (int e = 0; e < 4; ++e) {
        const dim_t column = key + column_of(n, e);
        if (column >= keys || (s.causal && column > first + row_of(e)))
          scores[n][e] = -std::numeric_limits<float>::infinity();
      }
    });
  }

  /// Scores become exponentials of their distance to the largest; what was summed before is brought to the same.
  __device__ void exponentiate(warp_rows& x, row_sums& sums, warp_rows& value) const {
    constexpr float scale = score_scale * log2_e;
    for (int i = 0; i < 2; ++i) {
      float largest = sums.largest[i];
      unrolled<tile_rows / 8>([&](int n) { largest = std::fmax(largest, std::fmax(x[n][2 * i], x[n][2 * i + 1])); });
      for (int d = 1; d < 4; d *= 2) largest = std::fmax(largest, shuffle_xor(largest, d));
      const bool nothing = sums.largest[i] == -std::numeric_limits<float>::infinity();
      const float before = nothing ? 0.0f : std::exp2((sums.largest[i] - largest) * scale);
      sums.largest[i] = largest;
      sums.total[i] *= before;
      unrolled<tile_rows / 8>([&](int n) {
        for (int e = 2 * i; e < 2 * i + 2; ++e) {
          value[n][e] *= before;
          x[n][e] = largest == -std::numeric_limits<float>::infinity() && x[n][e] == largest
                        ? 0.0f
                        : std::exp2((x[n][e] - largest) * scale);
          sums.total[i] += x[n][e];
        }
      });
    }
  }

  __device__ void write(dim_t head, const range& queries, const range& keys, dim_t first, row_sums& sums,
                        const warp_rows& value) const {
    const written_rows<bfloat16> to{columns_of_head(out, head), true};
    for (int i = 0; i < 2; ++i) {
      for (int d = 1; d < 4; d *= 2) sums.total[i] += shuffle_xor(sums.total[i], d);
      const dim_t row = queries.begin + first + row_of(2 * i);
      if (row >= queries.end) continue;
      const float share = keys.size() == 0 ? 0.0f : 1 / sums.total[i];
      unrolled<tile_columns / 8>([&](int n) {
        write_pair(to, row, column_of(n, 2 * i), value[n][2 * i] * share, value[n][2 * i + 1] * share);
      });
      if (lane_index() % 4 == 0)
        log_sums[row * s.heads + head] = sums.largest[i] * score_scale + std::log(sums.total[i]);
    }
  }
};

/// The dot products of out and its gradient, by query and head: what is taken off the gradient of each probability.
struct output_dot_body {
  attention_setting s;
  strided_rows<const bfloat16> out, g;
  float* dots;

  CLIPT_HD void operator()(int i) const {
    const dim_t query = i / s.heads, head = i - query * s.heads;
    const bfloat16* const x = out.data + query * out.stride + head * tile_columns;
    const bfloat16* const y = g.data + query * g.stride + head * tile_columns;
    float total = 0;
    for (int c = 0; c < tile_columns; ++c) total += static_cast<float>(x[c]) * static_cast<float>(y[c]);
    dots[i] = total;
  }
};

/// The gradients of a sequence and head, which are a block's: for each tile of keys all queries that see it.
///
/// dk and dv stay in registers until they are complete, dq of several tiles of keys in `partial`, [query rows, heads, 64].
struct flash_backward_body {
  static constexpr int threads = tile_threads, shared_bytes = 5 * tile_bytes + 2 * tile_rows * 4;
  attention_setting s;
  strided_rows<const bfloat16> q, k, v, g;
  const float *log_sums, *dots;
  float* partial;
  written_rows<bfloat16> dq, dk, dv;

  __device__ void operator()() const {
    const dim_t sequence = block_index() / s.heads, head = block_index() % s.heads;
    const auto queries = s.queries.range(sequence), keys = s.keys.range(sequence);
    if (keys.size() == 0) clear(head, queries);
    for (dim_t key = 0; key < keys.size(); key += tile_rows) {
      synchronize_block();  // the tiles before have been read
      attention_tile(2).load(columns_of_head(k, head), keys.begin + key, keys.end);
      attention_tile(3).load(columns_of_head(v, head), keys.begin + key, keys.end);
      warp_rows by_key = {}, by_value = {};
      for (dim_t query = s.causal ? key : 0; query < queries.size(); query += tile_rows)
        pull(head, queries, keys, query, key, by_key, by_value);
      for (int i = 0; i < 2; ++i) {
        const dim_t row = keys.begin + key + row_of(2 * i);
        if (row >= keys.end) continue;
        unrolled<tile_columns / 8>([&](int n) {
          const dim_t column = head * tile_columns + column_of(n, 0);
          write_pair(dk, row, column, by_key[n][2 * i], by_key[n][2 * i + 1]);
          write_pair(dv, row, column, by_value[n][2 * i], by_value[n][2 * i + 1]);
        });
      }
    }
  }

 private:
  using range = sequence_rows::rows_type;

  /// Where there are no keys, nothing reaches the queries.
  __device__ void clear(dim_t head, const range& queries) const {
    if (!dq.stores) return;
    for (dim_t i = thread_index(); i < queries.size() * (tile_columns / 2); i += threads)
      write_pair(dq, queries.begin + i / (tile_columns / 2), head * tile_columns + i % (tile_columns / 2) * 2, 0, 0);
  }

  /// What one tile of queries does to one of keys, and it to them.
  __device__ void pull(dim_t head, const range& queries, const range& keys, dim_t query, dim_t key, warp_rows& by_key,
                       warp_rows& by_value) const {
    const attention_tile of_q(0), of_g(1), of_k(2), of_v(3), of_scores(4);
    const shared_array<float> numbers(2 * tile_rows, 5 * tile_bytes);  // log_sums, then dots
    synchronize_block();
    of_q.load(columns_of_head(q, head), queries.begin + query, queries.end);
    of_g.load(columns_of_head(g, head), queries.begin + query, queries.end);
    for (int i = thread_index(); i < 2 * tile_rows; i += threads) {
      const dim_t row = queries.begin + query + i % tile_rows;
      numbers.set(i, row < queries.end ? (i < tile_rows ? log_sums : dots)[row * s.heads + head] : 0.0f);
    }
    synchronize_block();
    warp_rows p, ds;  // [keys, queries]
    multiply_by_rows(p, of_k, of_q);
    multiply_by_rows(ds, of_v, of_g);
    to_gradients(p, ds, numbers, queries.size() - query, keys.size() - key, key - query);
    multiply_by_columns(
        by_value, [&](int n) { return rounded_left(p, n); }, of_g);
    multiply_by_columns(
        by_key, [&](int n) { return rounded_left(ds, n); }, of_q);
    of_scores.store(ds);
    synchronize_block();
    warp_rows by_query = {};
    multiply_by_columns(
        by_query, [&](int n) { return of_scores.left_transposed(n * 16, warp_index() * 16); }, of_k);
    add_to_queries(head, queries, query, by_query, key == 0, s.causal ? key == query : key + tile_rows >= keys.size());
  }

  /// p: scores become probabilities; ds: gradients of probabilities become those of dot products.
  __device__ void to_gradients(warp_rows& p, warp_rows& ds, const shared_array<float>& numbers, dim_t queries,
                               dim_t keys, dim_t keys_behind) const {
    unrolled<tile_rows / 8>([&](int n) {
      for (int e = 0; e < 4; ++e) {
        const int row = row_of(e), column = column_of(n, e);
        const bool seen = column < queries && row < keys && !(s.causal && row + keys_behind > column);
        p[n][e] = seen ? std::exp2((p[n][e] * score_scale - numbers.get(column)) * log2_e) : 0.0f;
        ds[n][e] = seen ? p[n][e] * (ds[n][e] - numbers.get(tile_rows + column)) * score_scale : 0.0f;
      }
    });
  }

  __device__ void add_to_queries(dim_t head, const range& queries, dim_t query, const warp_rows& x, bool first,
                                 bool last) const {
    for (int i = 0; i < 2; ++i) {
      const dim_t row = queries.begin + query + row_of(2 * i);
      if (row >= queries.end) continue;
      unrolled<tile_columns / 8>([&](int n) {
        const dim_t column = head * tile_columns + column_of(n, 0);
        float* const before = partial + row * s.heads * tile_columns + column;
        const float one = x[n][2 * i] + (first ? 0.0f : before[0]), two = x[n][2 * i + 1] + (first ? 0.0f : before[1]);
        if (last) {
          write_pair(dq, row, column, one, two);
        } else {
          before[0] = one;
          before[1] = two;
        }
      });
    }
  }
};

}  // namespace clipt::inline CLIPT_BUILD::on_cuda
