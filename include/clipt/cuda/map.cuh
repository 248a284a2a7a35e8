// Elementwise statements on the GPU through Thrust: one call forward, one back, and a kernel back where a leaf is repeated.
#pragma once
#include <algorithm>    // clamp, max
#include <type_traits>  // remove_cvref_t

#include <clipt/cuda/algorithms.cuh>  // for_each
#include <clipt/cuda/packet.hpp>      // packet, packed_in, is_aligned
#include <clipt/cuda/rows.cuh>        // adjoint, backward_rows
#include <clipt/ops/elementwise.hpp>  // ops::evaluate

namespace clipt::inline CLIPT_BUILD {

namespace on_cuda {

/// Calls body.at<L>(row, column, element) for the i-th piece of V elements: at once, with L a packet, if that can be,
/// else for one number of type C after another.
template <class C, int V, class Body, class E, class O>
CLIPT_HD void run_piece(const Body& body, const E&, const O& o, int i, bool packed) {
  constexpr bool flat = lies_flat<E, O>;
  const dim_t first = static_cast<dim_t>(i) * V, columns = o.columns();
  if (packed) {
    const int pieces = flat ? 1 : static_cast<int>(columns) / V, row = flat ? 0 : i / pieces;
    body.template at<packet<C, V>>(row, flat ? first : static_cast<dim_t>(i - row * pieces) * V, first);
  } else {
    const dim_t end = first + V < o.size() ? first + V : o.size();
    for (dim_t element = first; element < end; ++element) {
      const dim_t row = flat ? 0 : element / columns;
      body.template at<C>(row, element - row * columns, element);
    }
  }
}

/// out = e.
template <class C, class E, class O, class T>
struct map_pieces {
  E e;
  O o;
  T* out;
  bool packed;

  CLIPT_HD void operator()(int i) const { run_piece<C, packed_in<T>>(*this, e, o, i, packed); }
  template <class L>
  CLIPT_HD void at(dim_t row, dim_t column, dim_t element) const {
    columns_of<L>::write(out + element, trace<L>(at_row<L>(e, o, row), column, one_column{}).value, one_column{});
  }
};

/// Adjoints of a statement without repeated leaves: every gradient's element belongs to one piece.
template <class C, class E, class O, class T>
struct push_pieces {
  E e;
  O o;
  const T* g;
  bool packed;

  CLIPT_HD void operator()(int i) const { run_piece<C, packed_in<T>>(*this, e, o, i, packed); }
  template <class L>
  CLIPT_HD void at(dim_t row, dim_t column, dim_t element) const {
    auto cursor = at_row<L>(e, o, row);
    push(cursor, trace<L>(cursor, column, one_column{}), column, one_column{},
         columns_of<L>::read(g + element, one_column{}));
  }
};

/// Whether V elements of each leaf can be one access.
template <int V, class E>
bool are_aligned(const E& e) {
  bool aligned = true;
  with_leaves(e, [&](const auto& leaf) {
    if constexpr (requires { leaf.data(); }) aligned = aligned && is_aligned<V>(leaf.data());
    if constexpr (requires { leaf.gradient; }) aligned = aligned && is_aligned<V>(leaf.gradient);
    return leaf;
  });
  return aligned;
}

/// Whether pieces of a statement can be packets: rows and addresses allow it.
template <class T, class E, class O>
bool packs(const E& e, const O& o, const T* out) {
  constexpr int v = packed_in<T>;
  return (lies_flat<E, O> ? o.size() : o.columns()) % v == 0 && is_aligned<v>(out) && are_aligned<v>(e);
}

template <class T>
dim_t pieces_of(dim_t elements) {
  return (elements + packed_in<T> - 1) / packed_in<T>;
}

template <class E, class O, class T>
void map(stream_type stream, const E& e, const O& o, T* out) {
  for_each(stream, pieces_of<T>(o.size()), map_pieces<computed_t<E, T>, E, O, T>{e, o, out, packs(e, o, out)});
}

/// Whether a repeated leaf gets sums over columns, which several threads hold.
template <class E, class O>
inline constexpr bool sums_columns = repeats<E, O> && !detail::moves_along_columns<typename E::shape_type, O>;
template <class Op, class... Args, class O>
inline constexpr bool sums_columns<node<Op, Args...>, O> = (sums_columns<Args, O> || ...);

/// Adjoints of a statement whose repeated leaves get sums over rows alone: one piece of columns of a part of the rows.
template <class C, class E, class O, class T>
struct push_columns {
  E e;
  O o;
  dim_t parts;
  const T* g;
  bool packed;

  CLIPT_HD void operator()(int i) const {
    constexpr int v = packed_in<T>;
    const dim_t columns = o.columns();
    const int pieces = (static_cast<int>(columns) + v - 1) / v, part = i / pieces;
    const dim_t first = static_cast<dim_t>(i - part * pieces) * v;
    if (packed) return down<packet<C, v>>(part, first);
    for (dim_t column = first; column < first + v && column < columns; ++column) down<C>(part, column);
  }
  template <class L>
  CLIPT_HD void down(dim_t part, dim_t column) const {
    const dim_t rows = o.rows(), columns = o.columns();
    const auto own = at_part(e, o, part);
    for (dim_t row = rows * part / parts; row < rows * (part + 1) / parts; ++row) {
      auto cursor = at_row<L>(own, o, row);
      push(cursor, trace<L>(cursor, column, one_column{}), column, one_column{},
           columns_of<L>::read(g + row * columns + column, one_column{}));
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
    using Bound = std::remove_cvref_t<decltype(pass.bound())>;
    for_each(stream, pieces_of<T>(o.size()),
             push_pieces<C, Bound, O, T>{pass.bound(), o, g, packs(pass.bound(), o, g)});
  } else if constexpr (!sums_columns<E, O>) {
    const dim_t tiles = (o.columns() + 255) / 256;
    const adjoint<E, O, Context> pass(e, o, ctx, 1,
                                      std::clamp<dim_t>(most_parts / std::max<dim_t>(1, tiles), 16, most_parts));
    using Bound = std::remove_cvref_t<decltype(pass.bound())>;
    for_each(stream, pass.parts() * pieces_of<T>(o.columns()),
             push_columns<C, Bound, O, T>{pass.bound(), o, pass.parts(), g, packs(pass.bound(), o, g)});
    pass.finish();
  } else {
    backward_rows<C>(ctx, pass_on_rule<C, T>{g, o.columns(), 1, C(1)}, o, rows_adjoint(e, o, ctx));
  }
}

}  // namespace on_cuda

template <>
struct kernel<ops::evaluate, gpu> {
  template <class Context, class E, class T, class Shape>
  static void forward(Context& ctx, const E& e, const view<T, Shape, gpu>& out) {
    on_cuda::map(ctx.state().stream, e, out.shape(), out.data());
  }
  template <class Context, class E, class T, class Shape>
  static void backward(Context& ctx, const E& e, const view<const T, Shape, gpu>& g) {
    on_cuda::map_backward(ctx, e, g.data(), g.shape());
  }
};

}  // namespace clipt::inline CLIPT_BUILD
