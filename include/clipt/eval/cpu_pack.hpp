// Copies of operands in the order in which the micro-kernel reads them.
#pragma once
#include <algorithm>  // fill, min
#include <cstddef>    // size_t
#include <cstring>    // memcpy
#include <utility>    // integer_sequence

#include <clipt/core/dims.hpp>       // dim_t
#include <clipt/eval/cpu_micro.hpp>  // vector, width

#ifdef __CUDACC__
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675  // GCC's unroll, which nvcc hands on to GCC
#endif

namespace clipt::inline CLIPT_BUILD::on_cpu::detail {

// One round of the transposition of a square of vectors: lanes and vectors exchange one bit of their numbers.
template <int Bit, class T, int... Lane>
inline void exchange(vector<T>& low, vector<T>& high, std::integer_sequence<int, Lane...>) {
  constexpr int lanes = sizeof...(Lane);
  const vector<T> x = low, y = high;
#ifdef __clang__
  low = __builtin_shufflevector(x, y, (Lane & Bit ? Lane - Bit + lanes : Lane)...);
  high = __builtin_shufflevector(x, y, (Lane & Bit ? Lane + lanes : Lane + Bit)...);
#else
  using index = decltype(x < y);  // nvcc loses a pack among the arguments of a builtin
  low = __builtin_shuffle(x, y, index{(Lane & Bit ? Lane - Bit + lanes : Lane)...});
  high = __builtin_shuffle(x, y, index{(Lane & Bit ? Lane + lanes : Lane + Bit)...});
#endif
}

template <int Bit, class T>
inline void transpose_square(vector<T> (&rows)[width<T>]) {
  if constexpr (Bit < width<T>) {
#pragma GCC unroll 16
    for (int i = 0; i < width<T>; ++i)
      if (!(i & Bit)) exchange<Bit, T>(rows[i], rows[i | Bit], std::make_integer_sequence<int, width<T>>());
    transpose_square<Bit * 2, T>(rows);
  }
}

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
  constexpr int lanes = width<T>;
  const dim_t whole = depth - depth % lanes;
  for (dim_t first = 0; first < padded; first += lanes) {
    const T* from[lanes];
    for (dim_t i = 0; i < lanes; ++i) from[i] = b + std::min(first + i, columns - 1) * stride;
    for (dim_t k = 0; k < whole; k += lanes) {
      vector<T> square[lanes];
#pragma GCC unroll 16
      for (int i = 0; i < lanes; ++i) load(from[i] + k, square[i]);
      transpose_square<1, T>(square);
#pragma GCC unroll 16
      for (int i = 0; i < lanes; ++i) store<T>(panel + place(k + i) * padded + first, square[i]);
    }
    for (dim_t k = whole; k < depth; ++k)
      for (int i = 0; i < lanes; ++i) panel[place(k) * padded + first + i] = from[i][k];
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
