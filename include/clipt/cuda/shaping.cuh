// Copies of blocks and of arrays with their axes in another order on the GPU, 16 bytes at a time where they allow it.
#pragma once
#include <algorithm>  // clamp

#include <clipt/cuda/adjoint.cuh>     // add_parts
#include <clipt/cuda/algorithms.cuh>  // for_each
#include <clipt/cuda/packet.hpp>      // stored_packet
#include <clipt/ops/axis_order.hpp>   // axis_order

namespace clipt::inline CLIPT_BUILD {

namespace on_cuda {

/// to = from.
struct copying {
  template <class T>
  CLIPT_HD static void put(T& to, const T& from) {
    to = from;
  }
};

/// to += from.
struct adding {
  template <class T>
  CLIPT_HD static void put(T& to, const T& from) {
    to = static_cast<T>(static_cast<compute_t<T>>(to) + static_cast<compute_t<T>>(from));
  }
  template <class T, int V>
  CLIPT_HD static void put(stored_packet<T, V>& to, const stored_packet<T, V>& from) {
    for (int k = 0; k < V; ++k) put(to.element[k], from.element[k]);
  }
};

/// to = 0.
struct clearing {
  template <class T>
  CLIPT_HD static void put(T& to, const T&) {
    to = T{};
  }
};

/// One piece of a block of runs of `columns` pieces.
template <class How, class T>
struct block_body {
  const T* from;
  dim_t from_stride;
  T* to;
  dim_t to_stride, columns;

  CLIPT_HD void operator()(int i) const {
    const dim_t row = i / columns, column = i - row * columns;
    How::put(to[row * to_stride + column], from[row * from_stride + column]);
  }
};

/// One piece of an array whose axes change places; `back` moves it to where it came from.
template <class How, class T>
struct permute_body {
  axis_order order;
  const T* from;
  T* to;
  bool back;

  CLIPT_HD void operator()(int i) const {
    const dim_t place = order.at(i);
    if (back)
      How::put(to[place], from[i]);
    else
      How::put(to[i], from[place]);
  }
};

/// The array as packets of 16 bytes.
template <class T>
auto as_packets(T* p) {
  using packet = stored_packet<std::remove_const_t<T>, packed_in<T>>;
  return reinterpret_cast<std::conditional_t<std::is_const_v<T>, const packet*, packet*>>(p);
}

/// A block of `rows` runs of `columns` elements, from one array into another; `How` is copying, adding or clearing.
template <class How, class T>
void move_block(stream_type stream, const T* from, dim_t from_stride, T* to, dim_t to_stride, dim_t rows,
                dim_t columns) {
  constexpr dim_t v = packed_in<T>;
  const auto move = [&]<class U>(const U* in, U* out, dim_t unit) {
    for_each(stream, rows * (columns / unit),
             block_body<How, U>{in, from_stride / unit, out, to_stride / unit, columns / unit});
  };
  if (columns % v == 0 && from_stride % v == 0 && to_stride % v == 0 && is_aligned<v>(from) && is_aligned<v>(to))
    move(as_packets(from), as_packets(to), v);
  else
    move(from, to, 1);
}

/// What copies a block or adds one.
template <class How>
struct block_kernel {
  template <class Context, class T>
  static void forward(Context& ctx, const T* from, dim_t from_stride, T* to, dim_t to_stride, dim_t rows,
                      dim_t columns) {
    move_block<How>(ctx.state().stream, from, from_stride, to, to_stride, rows, columns);
  }
};

/// An array with its axes in another order, or back.
template <class How, class T>
void permute(stream_type stream, const axis_order& order, const T* from, T* to, bool back) {
  constexpr dim_t v = packed_in<T>;
  const auto move = [&]<class U>(const axis_order& pieces, const U* in, U* out) {
    for_each(stream, pieces.size(), permute_body<How, U>{pieces, in, out, back});
  };
  if (order.keeps_runs_of(v) && is_aligned<v>(from) && is_aligned<v>(to))
    move(order.of_runs(v), as_packets(from), as_packets(to));
  else
    move(order, from, to);
}

/// sums[part, column] = the sum over the runs of a part.
template <class T>
struct run_parts_body {
  const T* g;
  dim_t stride, count, n, parts;
  double* sums;

  CLIPT_HD void operator()(int i) const {
    const dim_t part = i / n, column = i - part * n;
    double total = 0;
    for (dim_t run = count * part / parts; run < count * (part + 1) / parts; ++run)
      total += static_cast<double>(g[run * stride + column]);
    sums[i] = total;
  }
};

/// One row that is made by itself.
template <class Make, class T>
struct generate_rows_body {
  Make make;
  T* to;
  dim_t width;

  CLIPT_HD void operator()(int row) const { make(row, to + row * width); }
};

}  // namespace on_cuda

template <>
struct kernel<ops::generate_rows, gpu> {
  template <class Context, class Make, class T>
  static void forward(Context& ctx, dim_t rows, dim_t width, const Make& make, T* to) {
    on_cuda::for_each(ctx.state().stream, rows, on_cuda::generate_rows_body<Make, T>{make, to, width});
  }
};

template <>
struct kernel<ops::copy_block, gpu> : on_cuda::block_kernel<on_cuda::copying> {};

template <>
struct kernel<ops::add_block, gpu> : on_cuda::block_kernel<on_cuda::adding> {};

template <>
struct kernel<ops::clear_block, gpu> {
  template <class Context, class T>
  static void forward(Context& ctx, T* to, dim_t stride, dim_t rows, dim_t columns) {
    on_cuda::move_block<on_cuda::clearing, T>(ctx.state().stream, to, stride, to, stride, rows, columns);
  }
};

template <>
struct kernel<ops::permute, gpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const dim_t* extents, const int* axes, int rank, const T* x, T* out) {
    on_cuda::permute<on_cuda::copying>(ctx.state().stream, axis_order(extents, axes, rank), x, out, false);
  }
  template <class Context, class T>
  static void backward(Context& ctx, const dim_t* extents, const int* axes, int rank, const T* g, T* dx, bool stores) {
    const axis_order order(extents, axes, rank);
    if (stores)
      on_cuda::permute<on_cuda::copying>(ctx.state().stream, order, g, dx, true);
    else
      on_cuda::permute<on_cuda::adding>(ctx.state().stream, order, g, dx, true);
  }
};

template <>
struct kernel<ops::prepend_token, gpu> {
  /// The sum over the runs, in parts.
  template <class Context, class T>
  static void backward(Context& ctx, const T* g, dim_t stride, dim_t count, dim_t n, T* token, bool stores) {
    using namespace on_cuda;
    const dim_t parts = std::clamp<dim_t>(count / 16, 1, 64);
    double* const sums = ctx.template scratch<double>(parts * n);
    for_each(ctx.state().stream, parts * n, run_parts_body<T>{g, stride, count, n, parts, sums});
    add_parts(ctx.state().stream, sums, token, parts, n, stores);
  }
};

}  // namespace clipt::inline CLIPT_BUILD
