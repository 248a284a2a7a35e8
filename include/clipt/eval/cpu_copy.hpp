// Copies of blocks inside larger arrays, and of whole arrays with their axes in another order.
#pragma once
#include <algorithm>  // min
#include <cstdint>    // uint32_t
#include <cstring>    // memcpy, memset

#include <clipt/eval/columns.hpp>  // columns_of
#include <clipt/eval/cpu_map.hpp>  // for_pieces, grain
#include <clipt/ops/axis_order.hpp>  // axis_order
#include <clipt/ops/memory.hpp>      // ops::copy_block, ops::permute

namespace clipt::inline CLIPT_BUILD::on_cpu {

/// to = from, elements that lie side by side.
struct copying {
  template <class T>
  void operator()(const T* from, T* to, dim_t n) const {
    if (n > 0) std::memcpy(static_cast<void*>(to), from, static_cast<std::size_t>(n) * sizeof(T));
  }
  template <class T>
  static void one(const T& from, T& to) {
    to = from;
  }
};

/// to += from.
struct adding {
  template <class T>
  void operator()(const T* from, T* to, dim_t n) const {
    using access = columns_of<lanes<compute_t<T>>>;
    for_columns<compute_t<T>>(0, n, [&](dim_t c, auto count) {
      access::write(to + c, access::read(to + c, count) + access::read(from + c, count), count);
    });
  }
  template <class T>
  static void one(const T& from, T& to) {
    to = static_cast<T>(static_cast<compute_t<T>>(to) + static_cast<compute_t<T>>(from));
  }
};

/// Calls `f(row, begin, end)` such that all columns of all rows are covered, in pieces of about `grain` elements.
template <class F>
void for_row_pieces(int threads, dim_t rows, dim_t columns, F&& f) {
  if (columns > grain) {
    const dim_t pieces = (columns + grain - 1) / grain;
    parallel_for(threads, rows * pieces, [&](dim_t i) {
      const dim_t begin = i % pieces * grain;
      f(i / pieces, begin, std::min(columns, begin + grain));
    });
  } else {
    for_pieces(threads, rows, rows_per_piece(columns), [&](dim_t begin, dim_t end) {
      for (dim_t row = begin; row < end; ++row) f(row, 0, columns);
    });
  }
}

/// A block of `rows` runs of `columns` elements, from one array into another; `How` is copying or adding.
template <class How, class T>
void move_block(const T* from, dim_t from_stride, T* to, dim_t to_stride, dim_t rows, dim_t columns, int threads) {
  for_row_pieces(threads, rows, columns, [&](dim_t row, dim_t begin, dim_t end) {
    How{}(from + row * from_stride + begin, to + row * to_stride + begin, end - begin);
  });
}

/// Zeroes a block.
template <class T>
void clear_block(T* to, dim_t stride, dim_t rows, dim_t columns, int threads) {
  for_row_pieces(threads, rows, columns, [&](dim_t row, dim_t begin, dim_t end) {
    if (begin < end)
      std::memset(static_cast<void*>(to + row * stride + begin), 0, static_cast<std::size_t>(end - begin) * sizeof(T));
  });
}

/// A position in some axes of an order, counted up like an odometer: division only at the start.
class axis_walk {
 public:
  /// Visits the axes of `order` that `skipped` does not name, last one fastest, from number `start` on.
  axis_walk(const axis_order& order, int skipped, int also_skipped, dim_t start) {
    dim_t step = 1;
    for (int i = order.rank - 1; i >= 0; --i) {
      if (i != skipped && i != also_skipped) {
        axes_[count_] = {order.extent[i], order.stride[i], step, start % order.extent[i]};
        from_ += axes_[count_].at * order.stride[i];
        to_ += axes_[count_].at * step;
        start /= order.extent[i];
        ++count_;
      }
      step *= order.extent[i];
    }
  }

  dim_t from() const { return from_; }
  dim_t to() const { return to_; }

  void next() {
    for (int i = 0; i < count_; ++i) {
      axis& a = axes_[i];
      from_ += a.from_step;
      to_ += a.to_step;
      if (++a.at < a.extent) return;
      from_ -= a.extent * a.from_step;
      to_ -= a.extent * a.to_step;
      a.at = 0;
    }
  }

 private:
  struct axis {
    dim_t extent, from_step, to_step, at;
  };
  axis axes_[most_axes];
  int count_ = 0;
  dim_t from_ = 0, to_ = 0;
};

namespace detail {

template <int Bytes>
struct word_of;
template <>
struct word_of<2> {
  using type = std::uint16_t;
};
template <>
struct word_of<4> {
  using type = std::uint32_t;
};
template <>
struct word_of<8> {
  using type = std::uint64_t;
};

/// Transposes 4 x 4 elements in registers.
template <class T>
[[gnu::always_inline]] inline void transpose_4x4(const T* from, dim_t from_stride, T* to, dim_t to_stride) {
  using four __attribute__((vector_size(4 * sizeof(T)))) = typename word_of<sizeof(T)>::type;
  four row[4];
  for (int i = 0; i < 4; ++i) std::memcpy(&row[i], from + i * from_stride, sizeof(four));
  const four a = __builtin_shufflevector(row[0], row[2], 0, 4, 1, 5),
             b = __builtin_shufflevector(row[0], row[2], 2, 6, 3, 7);
  const four c = __builtin_shufflevector(row[1], row[3], 0, 4, 1, 5),
             d = __builtin_shufflevector(row[1], row[3], 2, 6, 3, 7);
  const four column[4] = {__builtin_shufflevector(a, c, 0, 4, 1, 5), __builtin_shufflevector(a, c, 2, 6, 3, 7),
                          __builtin_shufflevector(b, d, 0, 4, 1, 5), __builtin_shufflevector(b, d, 2, 6, 3, 7)};
  for (int i = 0; i < 4; ++i) std::memcpy(static_cast<void*>(to + i * to_stride), &column[i], sizeof(four));
}

}  // namespace detail

/// The edge of a tile: one cache line of floats.
inline constexpr dim_t tile_edge = 16;

/// A tile of a transposition through a buffer: whole cache lines are read and written once each, at any stride.
template <class How, class T>
void transpose_tile(const T* from, dim_t from_stride, T* to, dim_t to_stride, dim_t rows, dim_t columns) {
  if (rows == tile_edge && columns == tile_edge) {
    alignas(64) T buffer[tile_edge][tile_edge];
    for (dim_t r = 0; r < tile_edge; r += 4)
      for (dim_t c = 0; c < tile_edge; c += 4)
        detail::transpose_4x4(from + r * from_stride + c, from_stride, &buffer[c][r], tile_edge);
    for (dim_t c = 0; c < tile_edge; ++c) How{}(buffer[c], to + c * to_stride, tile_edge);
    return;
  }
  for (dim_t c = 0; c < columns; ++c)
    for (dim_t r = 0; r < rows; ++r) How::one(from[r * from_stride + c], to[c * to_stride + r]);
}

/// The transposition inside `permute`: `inner` is the result's axis whose neighbours are neighbours in the input.
template <class How, class T>
void permute_tiles(const axis_order& order, int inner, const T* from, T* to, int threads) {
  constexpr dim_t edge = tile_edge;
  const int last = order.rank - 1;
  const dim_t n = order.extent[inner], m = order.extent[last], strips = (n + edge - 1) / edge;
  dim_t to_stride = 1;
  for (int i = inner + 1; i <= last; ++i) to_stride *= order.extent[i];
  const dim_t outer = order.size() / (n * m);
  for_pieces(threads, outer * strips, rows_per_piece(edge * m), [&](dim_t begin, dim_t end) {
    axis_walk at(order, inner, last, begin / strips);
    for (dim_t i = begin; i < end; ++i) {
      const dim_t column = i % strips * edge, columns = std::min(edge, n - column);
      for (dim_t row = 0; row < m; row += edge)
        transpose_tile<How>(from + at.from() + row * order.stride[last] + column, order.stride[last],
                            to + at.to() + column * to_stride + row, to_stride, std::min(edge, m - row), columns);
      if (i % strips == strips - 1) at.next();
    }
  });
}

/// to = from with its axes in another order, or to += it.
template <class How, class T>
void permute(const axis_order& order, const T* from, T* to, int threads) {
  if (order.size() == 0) return;
  const int last = order.rank - 1;
  if (order.stride[last] != 1) {
    int inner = 0;
    while (order.stride[inner] != 1) ++inner;
    return permute_tiles<How>(order, inner, from, to, threads);
  }
  const dim_t n = order.extent[last];
  if (order.rank == 1) return move_block<How>(from, n, to, n, 1, n, threads);
  for_pieces(threads, order.size() / n, rows_per_piece(n), [&](dim_t begin, dim_t end) {
    axis_walk at(order, last, last, begin);
    for (dim_t row = begin; row < end; ++row, at.next()) How{}(from + at.from(), to + at.to(), n);
  });
}

}  // namespace clipt::inline CLIPT_BUILD::on_cpu

namespace clipt::inline CLIPT_BUILD {

template <>
struct kernel<ops::copy_block, cpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const T* from, dim_t from_stride, T* to, dim_t to_stride, dim_t rows,
                      dim_t columns) {
    on_cpu::move_block<on_cpu::copying>(from, from_stride, to, to_stride, rows, columns, ctx.threads());
  }
};

template <>
struct kernel<ops::add_block, cpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const T* from, dim_t from_stride, T* to, dim_t to_stride, dim_t rows,
                      dim_t columns) {
    on_cpu::move_block<on_cpu::adding>(from, from_stride, to, to_stride, rows, columns, ctx.threads());
  }
};

template <>
struct kernel<ops::clear_block, cpu> {
  template <class Context, class T>
  static void forward(Context& ctx, T* to, dim_t stride, dim_t rows, dim_t columns) {
    on_cpu::clear_block(to, stride, rows, columns, ctx.threads());
  }
};

template <>
struct kernel<ops::permute, cpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const dim_t* extents, const int* axes, int rank, const T* x, T* out) {
    on_cpu::permute<on_cpu::copying>(axis_order(extents, axes, rank), x, out, ctx.threads());
  }

  /// dx = g with its axes put back, or dx += it.
  template <class Context, class T>
  static void backward(Context& ctx, const dim_t* extents, const int* axes, int rank, const T* g, T* dx, bool stores) {
    dim_t of_result[most_axes];
    int back[most_axes];
    for (int i = 0; i < rank; ++i) {
      of_result[i] = extents[axes[i]];
      back[axes[i]] = i;
    }
    const axis_order order(of_result, back, rank);
    if (stores)
      on_cpu::permute<on_cpu::copying>(order, g, dx, ctx.threads());
    else
      on_cpu::permute<on_cpu::adding>(order, g, dx, ctx.threads());
  }
};

template <>
struct kernel<ops::prepend_token, cpu> {
  /// The sum over the batch, in its order.
  template <class Context, class T>
  static void backward(Context& ctx, const T* g, dim_t stride, dim_t count, dim_t n, T* token, bool stores) {
    using C = compute_t<T>;
    using access = columns_of<lanes<C>>;
    on_cpu::for_pieces(ctx.threads(), n, 64, [&](dim_t begin, dim_t end) {
      on_cpu::for_columns<C>(begin, end, [&](dim_t c, auto columns) {
        lanes<C> total(0);
        for (dim_t i = 0; i < count; ++i) total = total + access::read(g + i * stride + c, columns);
        access::write(token + c, stores ? total : access::read(token + c, columns) + total, columns);
      });
    });
  }
};

}  // namespace clipt::inline CLIPT_BUILD
