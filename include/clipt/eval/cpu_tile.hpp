// clipt's own engine of matrix products: panels of the right operand, packed, times groups of rows in registers.
#pragma once
#include <algorithm>  // max, min

#include <clipt/eval/cpu_micro.hpp>      // choose_kernel, left_rows, right_result
#include <clipt/eval/cpu_pack.hpp>       // pack_rows, pack_columns, pack_groups
#include <clipt/eval/thread_buffer.hpp>  // thread_buffer
#include <clipt/eval/tile.hpp>           // tile_left, tile_right, tile_result

namespace clipt::inline CLIPT_BUILD::on_cpu::detail {

struct own_engine {
  /// Right operands that serve many tiles are packed once, panel after panel, each [depth][panel_padding].
  static constexpr bool packs_columns = false;

  template <class T>
  static void multiply(const tile_extents& e, const tile_left<T>& left, const tile_right<T>& right,
                       const tile_result<T>& result) {
    alignas(64) T packed[panel_depth * panel_width<T>];
    const dim_t blocks = std::max<dim_t>(1, (e.depth + panel_depth - 1) / panel_depth);
    const row_groups groups(e.rows);
    for (dim_t block = 0; block < blocks; ++block) {
      const part k = part::of(block, blocks, e.depth, width<T>);
      const left_block<T> rows = open(left, k, groups);
      for (dim_t column = 0; column < e.columns; column += panel_width<T>) {
        const dim_t columns = std::min<dim_t>(panel_width<T>, e.columns - column);
        const T* panel = pack(right, k, e.depth, column, columns, packed);
        multiply_panel(rows, groups, k.count, panel, result, column, columns, block == 0, block + 1 == blocks);
      }
    }
  }

 private:
  /// The left operand between two edges of its depth: as it lies, or packed where rows lie across memory.
  template <class T>
  struct left_block {
    const T* data;
    line_starts rows;
    const dim_t* offset;
    bool packed;
  };

  template <class T>
  static left_block<T> open(const tile_left<T>& left, const part& k, const row_groups& groups) {
    struct left_operand;
    if (left.columns.table) return {left.data, left.rows, left.columns.table + k.first, false};
    const T* from = left.data + left.columns[k.first];
    if (left.columns.step == 1) return {from, left.rows, multiples<1>.data(), false};
    T* packed = thread_buffer<left_operand, T>(groups.count * group_rows * panel_depth);
    pack_groups(from, left.columns.step, k.count, groups, packed);
    return {packed, {}, multiples<group_rows>.data(), true};
  }

  /// Columns [column, column + columns) of the right operand as a panel.
  template <class T>
  static const T* pack(const tile_right<T>& right, const part& k, dim_t depth, dim_t column, dim_t columns, T* to) {
    const dim_t padded = panel_padding<T>(columns);
    if (right.packed) return right.data + column * depth + k.first * padded;
    if (right.form == transpose::yes)
      pack_columns(right.data + column * right.stride + k.first, right.stride, k.count, columns, padded, to);
    else
      pack_rows(right.data + k.first * right.stride + column, right.stride, k.count, columns, padded, to);
    return to;
  }

  /// The beginnings of `count` lines from line `first` on.
  template <class P>
  static void place(P* data, const line_starts& lines, dim_t first, dim_t count, P** to) {
    if (lines.table)
      for (dim_t i = 0; i < count; ++i) to[i] = data + lines.table[first + i];
    else
      for (dim_t i = 0; i < count; ++i) to[i] = data + (first + i) * lines.step;
  }

  /// All groups of rows times one panel: one block of depth of one strip of the result.
  template <class T>
  static void multiply_panel(const left_block<T>& from, const row_groups& groups, dim_t depth, const T* panel,
                             const tile_result<T>& result, dim_t column, dim_t columns, bool first_block,
                             bool last_block) {
    right_result<T> to{{}, static_cast<int>(columns), result.alpha, first_block ? result.how : update::add, nullptr};
    if (result.scale) to.scale = result.scale + column;
    if (result.shift && first_block) to.bias = result.shift + column;
    to.rectified = result.rectified && last_block;
    const T* added = first_block && result.added ? result.added + column : nullptr;
    left_rows<T> left;
    left.depth = depth;
    left.offset = from.offset;
    for (dim_t group = 0; group < groups.count; ++group) {
      const dim_t first = groups.first(group), rows = groups.first(group + 1) - first;
      if (from.packed)
        place(from.data + group * depth * group_rows, {nullptr, 1}, 0, rows, left.rows);
      else
        place(from.data, from.rows, first, rows, left.rows);
      place(result.data + column, result.rows, first, rows, to.rows);
      if (added) place(added, result.rows, first, rows, to.added);
      choose_kernel<T>(rows, columns)(left, panel, to);
    }
  }
};

}  // namespace clipt::inline CLIPT_BUILD::on_cpu::detail
