// Elementwise statements on the GPU: one kernel forward, one back, and a second one back where a leaf is repeated.
#pragma once
#include <clipt/cuda/rows.cuh>        // adjoint, backward_rows
#include <clipt/ops/elementwise.hpp>  // ops::evaluate

namespace clipt::inline CLIPT_BUILD {

namespace on_cuda {

/// Blocks of an elementwise kernel: enough for every multiprocessor several times over; each thread then takes strides.
inline constexpr dim_t most_blocks = 132 * 16;

/// How 256 threads lie over rows of so many columns: `across` of them, a power of two, beside each other.
struct tile {
  static constexpr int threads = 256;
  int across_bits;

  static tile of(dim_t columns) {
    int bits = 0;
    while (bits < 8 && (dim_t{1} << bits) < columns) ++bits;
    return {bits};
  }
  CLIPT_HD int across() const { return 1 << across_bits; }
  CLIPT_HD int down() const { return threads >> across_bits; }
  CLIPT_HD int column(int thread) const { return thread & (across() - 1); }
  CLIPT_HD int row(int thread) const { return thread >> across_bits; }
};

/// Calls `f(cursor, column, element)` for the elements of this thread.
template <class C, class E, class O, class F>
__device__ void for_own_elements(const E& e, const O& o, const tile& lies, F f) {
  if constexpr (lies_flat<E, O>) {
    auto cursor = at_row<C>(e, o, 0);
    const dim_t size = o.size(), stride = grid_size() * tile::threads;
    for (dim_t i = block_index() * tile::threads + thread_index(); i < size; i += stride) f(cursor, i, i);
  } else {
    const dim_t rows = o.rows(), columns = o.columns(), stride = grid_size() * lies.down();
    for (dim_t row = block_index() * lies.down() + lies.row(thread_index()); row < rows; row += stride) {
      auto cursor = at_row<C>(e, o, row);
      for (dim_t column = lies.column(thread_index()); column < columns; column += lies.across())
        f(cursor, column, row * columns + column);
    }
  }
}

template <class E, class O>
dim_t blocks_over(const O& o, const tile& lies) {
  const dim_t all =
      lies_flat<E, O> ? (o.size() + tile::threads - 1) / tile::threads : (o.rows() + lies.down() - 1) / lies.down();
  return o.size() == 0 ? 0 : std::min(all, most_blocks);
}

/// out = e.
template <class C, class E, class O, class T>
struct map_body {
  static constexpr int threads = tile::threads;
  E e;
  O o;
  tile lies;
  T* out;

  __device__ void operator()() const {
    for_own_elements<C>(e, o, lies, [&](const auto& cursor, dim_t column, dim_t element) {
      out[element] = to_element<T>(trace<C>(cursor, column, one_column{}).value);
    });
  }
};

template <class E, class O, class T>
void map(stream_type stream, const E& e, const O& o, T* out) {
  const tile lies = tile::of(o.columns());
  launch(stream, blocks_over<E>(o, lies), tile::threads, 0, map_body<computed_t<E, T>, E, O, T>{e, o, lies, out});
}

/// Adjoints of a statement without repeated leaves: every gradient's element belongs to one thread.
template <class C, class E, class O, class T>
struct push_body {
  static constexpr int threads = tile::threads;
  E e;
  O o;
  tile lies;
  const T* g;

  __device__ void operator()() const {
    for_own_elements<C>(e, o, lies, [&](auto& cursor, dim_t column, dim_t element) {
      push(cursor, trace<C>(cursor, column, one_column{}), column, one_column{}, static_cast<C>(g[element]));
    });
  }
};

/// Whether a repeated leaf gets sums over columns, which several threads hold.
template <class E, class O>
inline constexpr bool sums_columns = repeats<E, O> && !detail::moves_along_columns<typename E::shape_type, O>;
template <class Op, class... Args, class O>
inline constexpr bool sums_columns<node<Op, Args...>, O> = (sums_columns<Args, O> || ...);

/// Adjoints of a statement whose repeated leaves get sums over rows alone: a thread takes one column of some rows.
template <class C, class E, class O, class T>
struct push_columns_body {
  static constexpr int threads = 256;
  E e;
  O o;
  dim_t parts, tiles;
  const T* g;

  __device__ void operator()() const {
    const dim_t part = block_index() / tiles, rows = o.rows(), columns = o.columns();
    const dim_t column = block_index() % tiles * block_size() + thread_index();
    if (column >= columns) return;
    const auto own = at_part(e, o, part);
    for (dim_t row = rows * part / parts; row < rows * (part + 1) / parts; ++row) {
      auto cursor = at_row<C>(own, o, row);
      push(cursor, trace<C>(cursor, column, one_column{}), column, one_column{},
           static_cast<C>(g[row * columns + column]));
    }
  }
};

/// The gradient of a row op that does nothing: g itself, a row of it, or one number everywhere.
template <class C, class T>
struct pass_on_rule {
  const T* g;
  dim_t row_stride, column_stride;
  C scale;

  template <class Group, class X>
  __device__ C prepare(const X&, dim_t, dim_t) const {
    return scale;
  }
  __device__ C pull(C factor, dim_t c, C, dim_t, dim_t row, dim_t) const {
    return factor * static_cast<C>(g[row * row_stride + c * column_stride]);
  }
};

/// Adds the gradient of `out = e` to the leaves of e.
template <class E, class T, class O, class Context>
void map_backward(Context& ctx, const E& e, const T* g, const O& o) {
  using C = computed_t<E, T>;
  const auto stream = ctx.state().stream;
  if constexpr (!repeats<E, O>) {
    const adjoint<E, O, Context> pass(e, o, ctx, 1, 1);
    const tile lies = tile::of(o.columns());
    using Bound = std::remove_cvref_t<decltype(pass.bound())>;
    launch(stream, blocks_over<E>(o, lies), tile::threads, 0, push_body<C, Bound, O, T>{pass.bound(), o, lies, g});
  } else if constexpr (!sums_columns<E, O>) {
    const dim_t columns = o.columns();
    const int threads =
        static_cast<int>(std::clamp<dim_t>((columns + warp_size - 1) / warp_size * warp_size, warp_size, 256));
    const dim_t tiles = (columns + threads - 1) / threads;
    const adjoint<E, O, Context> pass(e, o, ctx, 1,
                                      std::clamp<dim_t>(most_parts / std::max<dim_t>(1, tiles), 16, most_parts));
    using Bound = std::remove_cvref_t<decltype(pass.bound())>;
    launch(stream, pass.parts() * tiles, threads, 0,
           push_columns_body<C, Bound, O, T>{pass.bound(), o, pass.parts(), tiles, g});
    pass.finish();
  } else {
    backward_rows<C>(ctx, pass_on_rule<C, T>{g, o.columns(), 1, C(1)}, o, rows_adjoint(e, o, ctx));
  }
}

}  // namespace on_cuda

template <>
struct kernel<ops::evaluate, cuda> {
  template <class Context, class E, class T, class Shape>
  static void forward(Context& ctx, const E& e, const view<T, Shape, cuda>& out) {
    on_cuda::map(ctx.state().stream, e, out.shape(), out.data());
  }
  template <class Context, class E, class T, class Shape>
  static void backward(Context& ctx, const E& e, const view<const T, Shape, cuda>& g) {
    on_cuda::map_backward(ctx, e, g.data(), g.shape());
  }
};

}  // namespace clipt::inline CLIPT_BUILD
