// Eigen as the engine of matrix products (CLIPT_EIGEN_PRODUCTS); its use of Eigen's internals stays in this file.
#pragma once
#include <algorithm>    // copy_n, fill_n, min
#include <type_traits>  // integral_constant

#include <clipt/eval/cpu_eigen_core.hpp>  // general_matrix_matrix_product, level3_blocking
#include <clipt/eval/cpu_micro.hpp>       // put, load_columns, right_result
#include <clipt/eval/thread_buffer.hpp>   // thread_buffer
#include <clipt/eval/tile.hpp>            // tile_left, tile_right, tile_result

namespace clipt::inline CLIPT_BUILD::on_cpu::detail {

// Not `c.noalias() += a * b`, which cuts a product by the caches of the machine that it finds, or by what somebody told
// Eigen for the whole program, and allocates for every product. The function beneath takes the cut and the memory.
template <class T>
struct eigen_blocking : Eigen::internal::level3_blocking<T, T> {
  /// Eigen sees the transposed product: its rows are our columns.
  explicit eigen_blocking(const tile_extents& e) {
    struct left_of_eigen;
    struct right_of_eigen;
    constexpr dim_t most_rows = 768 / sizeof(T), most_columns = 384, most_depth = 256, peeled = 8;
    const dim_t blocks = (e.depth + most_depth - 1) / most_depth;
    this->m_mc = std::min(e.columns, most_rows);
    this->m_nc = std::min(e.rows, most_columns);
    this->m_kc = std::min(e.depth, ((e.depth + blocks - 1) / blocks + peeled - 1) / peeled * peeled);
    this->m_blockA = thread_buffer<left_of_eigen, T>(this->m_kc * this->m_mc);
    this->m_blockB = thread_buffer<right_of_eigen, T>(this->m_kc * this->m_nc);
  }
};

struct eigen_engine {
  /// Right operands that serve many tiles are packed once, column after column: as Eigen reads a transposed matrix.
  static constexpr bool packs_columns = true;

  template <class T>
  static void multiply(const tile_extents& e, const tile_left<T>& left, const tile_right<T>& right,
                       const tile_result<T>& result) {
    struct sums_of_tile;
    if (e.rows == 0 || e.columns == 0) return;
    const bool plain = !result.rows.table && !result.scale && !result.added && !result.rectified;
    if (plain) {
      if (result.how == update::store) begin(e, result);
      return add_product(e, left, right, result.alpha, result.data, result.rows.step);
    }
    T* sums = thread_buffer<sums_of_tile, T>(e.rows * e.columns);
    std::fill_n(sums, e.rows * e.columns, T(0));
    add_product(e, left, right, T(1), sums, e.columns);
    finish(e, sums, result);
  }

 private:
  /// Eigen adds to a result that begins as the shift or as zeros.
  template <class T>
  static void begin(const tile_extents& e, const tile_result<T>& result) {
    for (dim_t i = 0; i < e.rows; ++i)
      if (result.shift)
        std::copy_n(result.shift, e.columns, result.data + result.rows[i]);
      else
        std::fill_n(result.data + result.rows[i], e.columns, T(0));
  }

  /// What becomes of the sums in a second pass, where Eigen cannot do it in the first.
  template <class T>
  static void finish(const tile_extents& e, const T* sums, const tile_result<T>& result) {
    right_result<T> to{{}, static_cast<int>(e.columns), result.alpha, result.how, result.shift, result.scale};
    to.rectified = result.rectified;
    for (dim_t i = 0; i < e.rows; ++i, sums += e.columns) {
      to.rows[0] = result.data + result.rows[i];
      to.added[0] = result.added ? result.added + result.rows[i] : nullptr;
      for (int first = 0; first < to.columns; first += width<T>)
        put<T>(to, 0, first, load_columns(sums + first, to.columns - first));
    }
  }

  /// Lines of `run` neighbours each, copied into one matrix [outer, inner].
  template <class T>
  static const T* gather(const T* data, const line_starts& outer, dim_t lines, const line_starts& inner, dim_t count) {
    struct gathered;
    T* const matrix = thread_buffer<gathered, T>(lines * count);
    T* to = matrix;
    for (dim_t i = 0; i < lines; ++i)
      for (dim_t k = 0; k < count; k += inner.run, to += inner.run)
        std::copy_n(data + outer[i] + inner[k], inner.run, to);
    return matrix;
  }

  /// c += alpha left right.
  template <class T>
  static void add_product(const tile_extents& e, const tile_left<T>& left, const tile_right<T>& right, T alpha, T* c,
                          dim_t stride) {
    if (e.depth == 0) return;
    const transpose tb = right.packed ? transpose::yes : right.form;
    if (left.rows.run > left.columns.run)  // patches, transposed
      return run(transpose::yes, tb, e, gather(left.data, left.columns, e.depth, left.rows, e.rows), e.rows, right,
                 alpha, c, stride);
    if (left.columns.table)
      return run(transpose::no, tb, e, gather(left.data, left.rows, e.rows, left.columns, e.depth), e.depth, right,
                 alpha, c, stride);
    const bool across = left.columns.step != 1;
    run(across ? transpose::yes : transpose::no, tb, e, left.data, across ? left.columns.step : left.rows.step, right,
        alpha, c, stride);
  }

  template <class T>
  static void run(transpose ta, transpose tb, const tile_extents& e, const T* a, dim_t a_stride,
                  const tile_right<T>& right, T alpha, T* c, dim_t stride) {
    using namespace Eigen;
    const auto with = [&](auto a_order, auto b_order) {
      using Product =
          internal::general_matrix_matrix_product<Index, T, a_order(), false, T, b_order(), false, RowMajor, 1>;
      eigen_blocking<T> blocking(e);
      Product::run(e.rows, e.columns, e.depth, a, a_stride, right.data, right.stride, c, 1, stride, alpha, blocking);
    };
    constexpr std::integral_constant<int, RowMajor> as_it_lies;
    constexpr std::integral_constant<int, ColMajor> transposed;
    if (ta == transpose::no && tb == transpose::no) with(as_it_lies, as_it_lies);
    if (ta == transpose::no && tb == transpose::yes) with(as_it_lies, transposed);
    if (ta == transpose::yes && tb == transpose::no) with(transposed, as_it_lies);
    if (ta == transpose::yes && tb == transpose::yes) with(transposed, transposed);
  }
};

}  // namespace clipt::inline CLIPT_BUILD::on_cpu::detail
