// Rows of a table by number on the GPU; their gradients are added up in the order of the numbers, without atomics.
#pragma once
#include <limits>       // numeric_limits
#include <type_traits>  // is_integral_v

#include <clipt/core/dtype.hpp>       // compute_t
#include <clipt/cuda/algorithms.cuh>  // for_each, sort_by_key
#include <clipt/cuda/context.cuh>     // device_state
#include <clipt/cuda/packet.hpp>      // stored_packet
#include <clipt/ops/gather.hpp>       // ops::gather

namespace clipt::inline CLIPT_BUILD {

namespace on_cuda {

/// What stands where an id is wrong: NaN, 0 of integers.
template <class T>
CLIPT_HD T no_element() {
  if constexpr (std::is_integral_v<T>)
    return T(0);
  else
    return static_cast<T>(std::numeric_limits<float>::quiet_NaN());
}

/// Row i of the result, V elements of it.
template <int V, class T, class Id>
struct gather_body {
  const T* table;
  const Id* ids;
  T* out;
  dim_t n, rows;

  CLIPT_HD void operator()(int i) const {
    const dim_t pieces = n / V, k = i / pieces, column = (i - k * pieces) * V;
    const Id id = ids[k];
    using packet = stored_packet<T, V>;
    packet row;
    if (id >= 0 && id < rows)
      row = *reinterpret_cast<const packet*>(table + id * n + column);
    else
      for (int j = 0; j < V; ++j) row.element[j] = no_element<T>();
    *reinterpret_cast<packet*>(out + k * n + column) = row;
  }
};

/// The ids of rows as keys to sort, wrong ones behind all others, and where they stand.
template <class Id>
struct keys_body {
  const Id* ids;
  dim_t rows;
  std::int32_t *keys, *places;

  CLIPT_HD void operator()(int i) const {
    const Id id = ids[i];
    keys[i] = id >= 0 && id < rows ? static_cast<std::int32_t>(id) : std::numeric_limits<std::int32_t>::max();
    places[i] = i;
  }
};

/// How many of the sorted ids are added up one after the other.
inline constexpr dim_t ids_at_once = 32;

/// The sorted ids, and what their gradients are: a row of n for each.
template <class T>
struct sorted_rows {
  const std::int32_t *keys, *places;
  dim_t count, n, rows;
  const T* g;

  CLIPT_HD dim_t end_of(dim_t chunk) const {
    const dim_t end = (chunk + 1) * ids_at_once;
    return end < count ? end : count;
  }
  CLIPT_HD bool begins_run(dim_t k) const { return k == 0 || keys[k - 1] != keys[k]; }
  CLIPT_HD bool ends_run(dim_t k) const { return k + 1 == count || keys[k + 1] != keys[k]; }
  CLIPT_HD double value(dim_t k, dim_t column) const { return static_cast<double>(g[places[k] * n + column]); }

  /// table[key] += sum.
  CLIPT_HD void add(T* table, dim_t k, dim_t column, double sum) const {
    if (keys[k] >= rows) return;  // no row
    T& to = table[keys[k] * n + column];
    to = static_cast<T>(static_cast<compute_t<T>>(static_cast<double>(to) + sum));
  }
};

/// Runs of equal ids in a chunk of the sorted ones: what begins and ends here is added to its row; the sums of a run
/// that began before, and of one that goes on behind, are kept.
template <class T>
struct chunk_sums_body {
  sorted_rows<T> sorted;
  T* table;
  double *begun, *open;  // [chunks, n]

  CLIPT_HD void operator()(int i) const {
    const dim_t chunk = i / sorted.n, column = i - chunk * sorted.n, first = chunk * ids_at_once;
    bool whole = sorted.begins_run(first);
    double sum = 0;
    for (dim_t k = first; k < sorted.end_of(chunk); ++k) {
      if (k > first && sorted.begins_run(k)) {
        sum = 0;
        whole = true;
      }
      sum += sorted.value(k, column);
      if (whole && sorted.ends_run(k)) sorted.add(table, k, column, sum);
      if (!whole) begun[i] = sum;
    }
    if (whole) open[i] = sum;
  }
};

/// Runs that begin in one chunk and end in another.
template <class T>
struct joined_sums_body {
  sorted_rows<T> sorted;
  T* table;
  const double *begun, *open;

  CLIPT_HD void operator()(int i) const {
    const dim_t chunk = i / sorted.n, column = i - chunk * sorted.n, first = chunk * ids_at_once;
    dim_t last = sorted.end_of(chunk) - 1;
    const bool begins_here = sorted.keys[last] != sorted.keys[first] || sorted.begins_run(first);
    if (!begins_here || sorted.ends_run(last)) return;
    double sum = open[i];
    for (dim_t next = chunk + 1; !sorted.ends_run(last); ++next) {
      sum += begun[next * sorted.n + column];
      last = next * ids_at_once;
      while (last + 1 < sorted.end_of(next) && !sorted.ends_run(last)) ++last;
    }
    sorted.add(table, last, column, sum);
  }
};

}  // namespace on_cuda

template <>
struct kernel<ops::gather, gpu> {
  /// out[i] = table[ids[i]], rows of n elements; a row of NaN where an id lies outside [0, rows).
  template <class Context, class T, class Id>
  static void forward(Context& ctx, const T* table, const Id* ids, dim_t count, dim_t n, T* out, dim_t rows) {
    using namespace on_cuda;
    constexpr int v = packed_in<T>;
    const auto run = [&]<int V>(std::integral_constant<int, V>) {
      for_each(ctx.state().stream, count * (n / V), gather_body<V, T, Id>{table, ids, out, n, rows});
    };
    if (n % v == 0 && is_aligned<v>(table) && is_aligned<v>(out))
      run(std::integral_constant<int, v>{});
    else
      run(std::integral_constant<int, 1>{});
  }

  /// table[ids[i]] += g[i]; a table that is still empty is zeroed before. Wrong ids give nothing to any row.
  template <class Context, class T, class Id>
  static void backward(Context& ctx, const T* g, const Id* ids, dim_t count, dim_t n, T* table, dim_t rows,
                       bool stores) {
    using namespace on_cuda;
    const auto stream = ctx.state().stream;
    if (stores) zero_bytes(stream, table, static_cast<std::size_t>(rows * n) * sizeof(T));
    if (count == 0 || n == 0) return;
    auto* const keys = ctx.template scratch<std::int32_t>(count);
    auto* const places = ctx.template scratch<std::int32_t>(count);
    for_each(stream, count, keys_body<Id>{ids, rows, keys, places});
    sort_by_key(ctx, keys, places, count);
    const sorted_rows<T> sorted{keys, places, count, n, rows, g};
    const dim_t chunks = (count + ids_at_once - 1) / ids_at_once;
    auto* const begun = ctx.template scratch<double>(chunks * n);
    auto* const open = ctx.template scratch<double>(chunks * n);
    for_each(stream, chunks * n, chunk_sums_body<T>{sorted, table, begun, open});
    for_each(stream, chunks * n, joined_sums_body<T>{sorted, table, begun, open});
  }
};

}  // namespace clipt::inline CLIPT_BUILD
