// Whole reductions and sums over the leading axes on the GPU, in two fixed phases.
#pragma once
#include <clipt/cuda/map.cuh>        // pass_on_rule
#include <clipt/cuda/tile.cuh>       // tile, for_own_elements
#include <clipt/ops/reductions.hpp>  // ops::total, ops::column_sum

namespace clipt::inline CLIPT_BUILD {

namespace on_cuda {

// What one thread adds up is held in double: it may be thousands of numbers.

/// sums[block] = the sum over the elements of this block.
template <class C, class E, class O>
struct block_sums_body {
  static constexpr int threads = tile::threads;
  E e;
  O o;
  tile lies;
  double* sums;

  __device__ void operator()() const {
    using L = computed_t<E, C>;
    double total = 0;
    for_own_elements<L>(e, o, lies, [&](const auto& cursor, dim_t column, dim_t) {
      total += static_cast<double>(trace<L>(cursor, column, one_column{}).value);
    });
    total = group_sum<block_group<>>(total);
    if (thread_index() == 0) sums[block_index()] = total;
  }
};

/// out[0] = scale * the sum of sums, by one block.
template <class C, class T>
struct last_sum_body {
  static constexpr int threads = block_group<>::threads;
  const double* sums;
  dim_t count;
  C scale;
  T* out;

  __device__ void operator()() const {
    double total = 0;
    for (dim_t i = thread_index(); i < count; i += threads) total += sums[i];
    total = group_sum<block_group<>>(total);
    if (thread_index() == 0) *out = static_cast<T>(scale * total);
  }
};

/// sums[part, column] = the sum over the rows of a part.
template <class C, class E, class O>
struct column_parts_body {
  static constexpr int threads = 256;
  E e;
  O o;
  dim_t parts, tiles;
  double* sums;

  __device__ void operator()() const {
    const dim_t part = block_index() / tiles, rows = o.rows(), columns = o.columns();
    const dim_t column = block_index() % tiles * block_size() + thread_index();
    if (column >= columns) return;
    using L = computed_t<E, C>;
    double total = 0;
    for (dim_t row = rows * part / parts; row < rows * (part + 1) / parts; ++row)
      total += static_cast<double>(trace<L>(at_row<L>(e, o, row), column, one_column{}).value);
    sums[part * columns + column] = total;
  }
};

}  // namespace on_cuda

template <>
struct kernel<ops::total, gpu> {
  /// out[0] = scale * sum(e).
  template <class Context, class E, class O, class T, class C>
  static void forward(Context& ctx, const E& e, const O& o, T* out, C scale) {
    using namespace on_cuda;
    const tile lies = tile::of(o.columns());
    const dim_t blocks = std::min<dim_t>(blocks_over<E>(o, lies), 1024);
    double* sums = ctx.template scratch<double>(blocks);
    constexpr int shared = block_group<>::shared_bytes;
    launch(ctx.state().stream, blocks, tile::threads, shared, block_sums_body<C, E, O>{e, o, lies, sums});
    launch(ctx.state().stream, 1, last_sum_body<C, T>::threads, shared, last_sum_body<C, T>{sums, blocks, scale, out});
  }
  template <class Context, class E, class O, class T, class C>
  static void backward(Context& ctx, const E& e, const O& o, const T* g, C scale) {
    on_cuda::backward_rows<C>(ctx, on_cuda::pass_on_rule<C, T>{g, 0, 0, scale}, o, on_cuda::rows_adjoint(e, o, ctx));
  }
};

template <>
struct kernel<ops::column_sum, gpu> {
  /// out[c] = sum of e over all rows, or out[c] += it.
  template <class Context, class E, class O, class T>
  static void forward(Context& ctx, const E& e, const O& o, T* out, bool stores) {
    using namespace on_cuda;
    using C = compute_t<T>;
    const dim_t columns = o.columns();
    const int threads =
        static_cast<int>(std::clamp<dim_t>((columns + warp_size - 1) / warp_size * warp_size, warp_size, 256));
    const dim_t tiles = (columns + threads - 1) / threads;
    const dim_t parts =
        parts_of(o, shape<rows>(columns), std::clamp<dim_t>(most_parts / std::max<dim_t>(1, tiles), 16, most_parts));
    double* sums = ctx.template scratch<double>(parts * columns);
    launch(ctx.state().stream, parts * tiles, threads, 0, column_parts_body<C, E, O>{e, o, parts, tiles, sums});
    add_parts(ctx.state().stream, sums, out, parts, columns, stores);
  }
  template <class Context, class E, class O, class T>
  static void backward(Context& ctx, const E& e, const O& o, const T* g) {
    using C = compute_t<T>;
    on_cuda::backward_rows<C>(ctx, on_cuda::pass_on_rule<C, T>{g, 0, 1, C(1)}, o, on_cuda::rows_adjoint(e, o, ctx));
  }
};

}  // namespace clipt::inline CLIPT_BUILD
