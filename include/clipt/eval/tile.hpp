// What an engine of matrix products is given: the operands of one tile, and what becomes of its sums.
#pragma once
#include <clipt/core/dims.hpp>    // dim_t
#include <clipt/eval/matrix.hpp>  // transpose, update

namespace clipt::inline CLIPT_BUILD::on_cpu::detail {

/// Where lines begin: line i at `table[i]`, or at `i * step` where there is no table. Each `run` lines of a table,
/// counted from its first, begin one element after the other.
struct line_starts {
  const dim_t* table = nullptr;
  dim_t step = 0, run = 1;

  dim_t operator[](dim_t i) const { return table ? table[i] : i * step; }
};

/// The left operand: element (i, k) is `data[rows[i] + columns[k]]`. Matrices, transposed matrices and the patches of an
/// image (two tables) alike.
template <class T>
struct tile_left {
  const T* data;
  line_starts rows, columns;
};

/// The right operand: a matrix as it lies or transposed, or what the engine packed before (`packs_columns`).
template <class T>
struct tile_right {
  const T* data;
  dim_t stride;
  transpose form;
  bool packed = false;
};

/// What becomes of the sums: `to = factor sum + (shift, or what was there, or nothing) + added`, and of that what is
/// positive if `rectified`. The factor is `scale`, one for each column, or else `alpha`; `added` lies as the result does.
template <class T>
struct tile_result {
  T* data;
  line_starts rows;
  T alpha;
  update how;
  const T* shift = nullptr;
  const T* scale = nullptr;
  const T* added = nullptr;
  bool rectified = false;
};

/// result [rows, columns] from left [rows, depth] and right [depth, columns].
struct tile_extents {
  dim_t rows, columns, depth;
};

/// The part [first, first + count) of `total` things cut into `parts` parts, each but the last a multiple of `unit`.
struct part {
  dim_t first, count;

  static part of(dim_t index, dim_t parts, dim_t total, dim_t unit) {
    const dim_t units = (total + unit - 1) / unit;
    const dim_t first = index * units / parts * unit, end = (index + 1) * units / parts * unit;
    return {first, (end < total ? end : total) - first};
  }
};

}  // namespace clipt::inline CLIPT_BUILD::on_cpu::detail
