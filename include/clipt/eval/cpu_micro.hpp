// The innermost part of all products on the CPU: a few rows times a packed panel, held in registers.
#pragma once
#include <array>    // array
#include <cstddef>  // size_t
#include <utility>  // index_sequence

#include <clipt/core/dims.hpp>           // dim_t
#include <clipt/eval/lanes.hpp>          // lanes
#include <clipt/eval/lanes_partial.hpp>  // load_partial, store_partial
#include <clipt/eval/matrix.hpp>         // update

#ifdef __CUDACC__
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675  // GCC's unroll, which nvcc hands on to GCC
#endif

namespace clipt::inline CLIPT_BUILD::on_cpu::detail {

// A panel is `panel_width` columns of the right operand, packed as [depth][panel_width]. A micro-kernel multiplies up
// to `group_rows` rows of the left operand by it and keeps the sums in registers: 6 x 2 of 16 registers, 12 x 2 of 32
// (AVX-512, ARM); the rest hold one row of the panel and one broadcast number.
#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr int group_rows = 12;
#else
inline constexpr int group_rows = 6;
#endif

template <class T>
inline constexpr int width = lanes<T>::width;
template <class T>
inline constexpr int panel_width = 2 * width<T>;

/// What a panel of `columns` columns is padded to: one vector or two.
template <class T>
constexpr dim_t panel_padding(dim_t columns) {
  return columns > width<T> ? panel_width<T> : width<T>;
}

/// The depth that a panel may have: 256 x 2 vectors are half of a 32 KiB first-level cache with AVX.
inline constexpr dim_t panel_depth = 256;

/// 0, Step, 2 Step, ...: where the numbers of a row lie in a matrix (1) and in a packed group (group_rows).
template <dim_t Step>
inline constexpr auto multiples = [] {
  std::array<dim_t, panel_depth> offset{};
  for (dim_t k = 0; k < panel_depth; ++k) offset[static_cast<std::size_t>(k)] = k * Step;
  return offset;
}();

/// Where the left operand lies: element (i, k) is `rows[i][offset[k]]`. A table of offsets costs nothing next to the
/// sums, and serves matrices, transposed matrices and the patches of an image alike.
template <class T>
struct left_rows {
  const T* rows[group_rows];
  const dim_t* offset;
  dim_t depth;
};

/// What becomes of the sums in the first `columns` columns: `to = factor sum + (bias, or what was there, or nothing) +
/// added`, and of that what is positive if `rectified`. The factor is `scale`, one for each column, or else `alpha`.
template <class T>
struct right_result {
  T* rows[group_rows];
  int columns;
  T alpha;
  update how;
  const T* bias;
  const T* scale = nullptr;
  const T* added[group_rows] = {};
  bool rectified = false;

  /// Nothing but alpha times the sums is stored or added, in `all` columns.
  bool is_plain(int all) const { return columns == all && !scale && !added[0] && !rectified && !(bias && !adds()); }
  bool adds() const { return how == update::add; }
};

template <class T>
[[gnu::always_inline]] inline lanes<T> load_columns(const T* from, int columns) {
  return columns >= width<T> ? load(from) : load_partial(from, columns);
}

/// The sums of row `row` from column `first` on.
template <class T>
[[gnu::always_inline]] inline void put(const right_result<T>& result, int row, int first, const lanes<T>& sum) {
  T* const to = result.rows[row] + first;
  const int columns = result.columns - first;
  lanes<T> value(0);
  if (const T* before = result.adds() ? to : result.bias ? result.bias + first : nullptr)
    value = load_columns(before, columns);
  if (result.added[row]) value += load_columns(result.added[row] + first, columns);
  value = mul_add(result.scale ? load_columns(result.scale + first, columns) : lanes<T>(result.alpha), sum, value);
  if (result.rectified) value = max(value, T(0));
  if (columns >= width<T>)
    store(to, value);
  else
    store_partial(to, value, columns);
}

/// What becomes of the sums of `rows` rows, `stride` of them each. Not inlined: it would be a third of every kernel.
template <class T>
[[gnu::noinline]] void put(const right_result<T>& result, int rows, int stride, const T* sums) {
  for (int row = 0; row < rows; ++row, sums += stride)
    for (int first = 0; first < result.columns; first += width<T>) put(result, row, first, load(sums + first));
}

template <class T, int Rows, int Vectors>
void micro_kernel(const left_rows<T>& left, const T* panel, const right_result<T>& result) {
  lanes<T> sum[Rows][Vectors];
  const T* a[Rows];
#pragma GCC unroll 12
  for (int i = 0; i < Rows; ++i) {
    a[i] = left.rows[i];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) sum[i][v] = lanes<T>(0);
  }
  for (dim_t k = 0; k < left.depth; ++k) {
    const dim_t at = left.offset[k];
    lanes<T> b[Vectors];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) b[v] = load(panel + v * width<T>);
#pragma GCC unroll 12
    for (int i = 0; i < Rows; ++i) {
      const lanes<T> x(a[i][at]);
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) sum[i][v] = mul_add(x, b[v], sum[i][v]);
    }
    panel += Vectors * width<T>;
  }
  if (result.is_plain(Vectors * width<T>)) {
    const lanes<T> factor(result.alpha);
    const bool adds = result.adds();
#pragma GCC unroll 12
    for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) {
        T* const to = result.rows[i] + v * width<T>;
        store(to, mul_add(factor, sum[i][v], adds ? load(to) : lanes<T>(0)));
      }
    return;
  }
  T sums[Rows][Vectors * width<T>];
#pragma GCC unroll 12
  for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) store(&sums[i][v * width<T>], sum[i][v]);
  put(result, Rows, Vectors * width<T>, &sums[0][0]);
}

template <class T>
using micro_function = void (*)(const left_rows<T>&, const T*, const right_result<T>&);

template <class T, int Vectors, std::size_t... Rows>
micro_function<T> choose_kernel(std::size_t rows, std::index_sequence<Rows...>) {
  static constexpr micro_function<T> kernels[] = {&micro_kernel<T, int(Rows) + 1, Vectors>...};
  return kernels[rows - 1];
}

/// The kernel for `rows` rows and `columns` columns; a panel of at most one vector is packed as [depth][width].
template <class T>
micro_function<T> choose_kernel(dim_t rows, dim_t columns) {
  constexpr auto all = std::make_index_sequence<group_rows>();
  return columns > width<T> ? choose_kernel<T, 2>(std::size_t(rows), all) : choose_kernel<T, 1>(std::size_t(rows), all);
}

/// Rows shared out evenly over groups of at most `group_rows`: 50 rows are 5 x 6 + 4 x 5, so that no group is slow.
struct row_groups {
  dim_t rows, count;

  explicit row_groups(dim_t rows) : rows(rows), count((rows + group_rows - 1) / group_rows) {}
  dim_t first(dim_t group) const { return group * rows / count; }
};

}  // namespace clipt::inline CLIPT_BUILD::on_cpu::detail

#ifdef __CUDACC__
#pragma nv_diagnostic pop
#endif
