// The innermost part of all products on the CPU: a few rows times a packed panel, held in registers.
#pragma once
#include <array>    // array
#include <cstddef>  // size_t
#include <cstring>  // memcpy
#include <utility>  // index_sequence

#include <clipt/core/dims.hpp>          // dim_t
#include <clipt/eval/lanes_native.hpp>  // lane_vector, native_load, native_max
#include <clipt/eval/matrix.hpp>        // update

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
using vector = typename clipt::detail::lane_vector<T>::values;

template <class T>
inline constexpr int width = clipt::detail::register_bytes / int(sizeof(T));
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

// Registers pass by reference: in a signature they would make the calling convention depend on -march.
template <class T>
[[gnu::always_inline]] inline void load(const T* from, vector<T>& to) {
  std::memcpy(&to, from, sizeof(to));
}

template <class T>
[[gnu::always_inline]] inline void store(T* to, const vector<T>& x) {
  std::memcpy(to, &x, sizeof(x));
}

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
};

template <class T>
[[gnu::always_inline]] inline void load(const T* from, int columns, vector<T>& to) {
  if (columns >= width<T>)
    load(from, to);
  else
    to = clipt::detail::native_load(from, columns);
}

/// The sums of row `row` from column `first` on.
template <class T>
[[gnu::always_inline]] inline void put(const right_result<T>& result, int row, int first, const vector<T>& sum) {
  T* const to = result.rows[row] + first;
  const int columns = result.columns - first;
  vector<T> value = {}, more;
  if (const T* before = result.how == update::add ? to : result.bias ? result.bias + first : nullptr)
    load(before, columns, value);
  if (result.added[row]) load(result.added[row] + first, columns, more), value += more;
  if (result.scale)
    load(result.scale + first, columns, more), value += more * sum;
  else
    value += result.alpha * sum;
  if (result.rectified) value = clipt::detail::native_max(vector<T>{}, value);
  if (columns >= width<T>)
    store<T>(to, value);
  else
    clipt::detail::native_store(to, value, columns);
}

template <class T, int Rows, int Vectors>
void micro_kernel(const left_rows<T>& left, const T* panel, const right_result<T>& result) {
  vector<T> sum[Rows][Vectors] = {};
  const T* a[Rows];
#pragma GCC unroll 12
  for (int i = 0; i < Rows; ++i) a[i] = left.rows[i];
  for (dim_t k = 0; k < left.depth; ++k) {
    const dim_t at = left.offset[k];
    vector<T> b[Vectors];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) load(panel + v * width<T>, b[v]);
#pragma GCC unroll 12
    for (int i = 0; i < Rows; ++i) {
      const T x = a[i][at];
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) sum[i][v] += x * b[v];
    }
    panel += Vectors * width<T>;
  }
#pragma GCC unroll 12
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v)
      if (const int first = v * width<T>; v == 0 || first < result.columns) put<T>(result, i, first, sum[i][v]);
  }
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
