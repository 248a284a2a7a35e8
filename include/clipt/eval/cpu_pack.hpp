// Copies of operands in the order in which the micro-kernel reads them.
#pragma once
#include <algorithm>  // fill, min
#include <cstddef>    // size_t
#include <cstring>    // memcpy

#include <clipt/core/dims.hpp>       // dim_t
#include <clipt/eval/cpu_micro.hpp>  // width, panel_width, group_rows
#include <clipt/eval/lanes_square.hpp>  // lanes, transpose_square

#ifdef __CUDACC__
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675  // GCC's unroll, which nvcc hands on to GCC
#endif

namespace clipt::inline CLIPT_BUILD::on_cpu::detail {

/// panel[k][column] = b[k * stride + column] for k < depth, column < columns; columns up to `padded` become 0.
template <class T>
void pack_rows(const T* b, dim_t stride, dim_t depth, dim_t columns, dim_t padded, T* panel) {
  for (dim_t k = 0; k < depth; ++k, b += stride, panel += padded) {
    if (columns == panel_width<T>) {
      std::memcpy(panel, b, sizeof(T) * panel_width<T>);
    } else {
      std::memcpy(panel, b, sizeof(T) * static_cast<std::size_t>(columns));
      std::fill(panel + columns, panel + padded, T(0));
    }
  }
}

/// Rows of a packed panel as they come.
struct in_order {
  dim_t operator()(dim_t k) const { return k; }
};

/// panel[place(k)][column] = b[column * stride + k]: the same of a transposed operand, by squares of vectors.
/// Columns past the last repeat it; nobody reads their results.
template <class T, class Place = in_order>
void pack_columns(const T* b, dim_t stride, dim_t depth, dim_t columns, dim_t padded, T* panel, Place place = {}) {
  const dim_t whole = depth - depth % width<T>;
  for (dim_t first = 0; first < padded; first += width<T>) {
    const T* from[width<T>];
    for (dim_t i = 0; i < width<T>; ++i) from[i] = b + std::min(first + i, columns - 1) * stride;
    for (dim_t k = 0; k < whole; k += width<T>) {
      lanes<T> square[width<T>];
#pragma GCC unroll 16
      for (int i = 0; i < width<T>; ++i) square[i] = load(from[i] + k);
      transpose_square(square);
#pragma GCC unroll 16
      for (int i = 0; i < width<T>; ++i) store(panel + place(k + i) * padded + first, square[i]);
    }
    for (dim_t k = whole; k < depth; ++k)
      for (int i = 0; i < width<T>; ++i) panel[place(k) * padded + first + i] = from[i][k];
  }
}

/// The left operand where it lies transposed, a[k * stride + row]: group after group, each [depth][group_rows].
/// By few rows of memory at a time: writing to all groups in turn would throw them out of the cache, in which
/// they lie a power of two apart.
template <class T>
void pack_groups(const T* a, dim_t stride, dim_t depth, const row_groups& groups, T* packed) {
  constexpr dim_t at_once = 16;
  for (dim_t begin = 0; begin < depth; begin += at_once)
    for (dim_t group = 0; group < groups.count; ++group) {
      const dim_t first = groups.first(group), rows = groups.first(group + 1) - first;
      T* to = packed + (group * depth + begin) * group_rows;
      const T* from = a + begin * stride + first;
      for (dim_t k = begin; k < std::min(depth, begin + at_once); ++k, to += group_rows, from += stride)
        if (first + group_rows <= groups.rows)  // a smaller group may be followed by numbers of the next one
          std::memcpy(to, from, sizeof(T) * group_rows);
        else
          for (dim_t i = 0; i < rows; ++i) to[i] = from[i];
    }
}

}  // namespace clipt::inline CLIPT_BUILD::on_cpu::detail

#ifdef __CUDACC__
#pragma nv_diagnostic pop
#endif
