// The matrix product on the CPU, at the level of pointers and strides.
#pragma once
#include <algorithm>    // clamp, max, min
#include <type_traits>  // type_identity_t

#include <clipt/eval/cpu_engine.hpp>     // engine
#include <clipt/eval/cpu_micro.hpp>      // vector, width, panel_width, panel_depth, group_rows
#include <clipt/eval/matrix.hpp>         // matrix, transpose, update
#include <clipt/eval/parallel.hpp>       // parallel_for
#include <clipt/eval/thread_buffer.hpp>  // thread_buffer
#include <clipt/eval/tile.hpp>           // part, tile_left

#ifdef __CUDACC__
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675  // GCC's unroll, which nvcc hands on to GCC
#endif

namespace clipt::inline CLIPT_BUILD::on_cpu {

namespace detail {

// How a product is cut, by its shape alone. Only `slices` and the blocks of panel_depth change the rounding;
// rows and columns are cut freely, since every element of the result is summed in the same order in any tile.
struct gemm_cut {
  dim_t down, across, slices;

  // Tiles of up to `most_rows` rows: as many as keep their left operand in the second-level cache, since a tile packs
  // its right operand anew. About `pieces` tiles: enough to keep 16 threads busy. Where the result is small and the
  // depth is large (gradients of weights), the depth is sliced and the slices' sums are added afterwards.
  static gemm_cut of(dim_t rows, dim_t columns, dim_t depth) {
    constexpr dim_t most_rows = 384, most_columns = 768, least_columns = 64, least_depth = 1024, pieces = 32;
    const auto parts = [](dim_t count, dim_t size) { return std::max<dim_t>(1, (count + size - 1) / size); };
    gemm_cut cut{parts(rows, most_rows), parts(columns, most_columns), 1};
    const auto missing = [&] { return parts(pieces, cut.down * cut.across * cut.slices); };
    if (missing() > 2) cut.slices = std::clamp<dim_t>(depth / least_depth, 1, missing());
    if (missing() > 2) cut.across = std::clamp<dim_t>(cut.across * missing(), 1, parts(columns, least_columns));
    if (missing() > 2) cut.down = std::clamp<dim_t>(cut.down * missing(), 1, parts(rows, 16 * group_rows));
    return cut;
  }
};

/// Fewer multiplications than this take less time than waking another thread.
inline constexpr dim_t worth_a_thread = dim_t(1) << 18;

/// Rows [row, row + rows) and columns [column, column + columns) of op(x), as they lie in memory.
template <class T>
matrix<T> sub(transpose t, matrix<T> x, dim_t row, dim_t rows, dim_t column, dim_t columns) {
  if (t == transpose::yes) return {x.data + column * x.stride + row, columns, rows, x.stride};
  return {x.data + row * x.stride + column, rows, columns, x.stride};
}

/// The sum of x[k] y[k] in an order that depends on the count alone.
template <class T>
T dot(const T* x, const T* y, dim_t count) {
  constexpr int sums = 4;
  lanes<T> sum[sums] = {lanes<T>(0), lanes<T>(0), lanes<T>(0), lanes<T>(0)};
  dim_t k = 0;
  for (; k + sums * width<T> <= count; k += sums * width<T>)
#pragma GCC unroll 4
    for (int s = 0; s < sums; ++s)
      sum[s] = mul_add(load(x + k + s * width<T>), load(y + k + s * width<T>), sum[s]);
  const lanes<T> all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  T total = clipt::sum(all);
  for (; k < count; ++k) total += x[k] * y[k];
  return total;
}

/// A tile of one or two rows times a transposed operand: packing would cost more than the products.
template <class T>
void gemm_dots(T alpha, matrix<const T> a, matrix<const T> b, matrix<T> c, update how, const T* bias) {
  for (dim_t j = 0; j < c.columns; ++j)
    for (dim_t i = 0; i < c.rows; ++i) {
      T& to = c.data[i * c.stride + j];
      const T before = how == update::add ? to : bias ? bias[j] : T(0);
      to = before + alpha * dot(a.data + i * a.stride, b.data + j * b.stride, a.columns);
    }
}

/// One tile on the calling thread: c = alpha op(a) op(b) + bias, or c += alpha op(a) op(b).
template <class T>
void gemm_tile(transpose ta, transpose tb, T alpha, matrix<const T> a, matrix<const T> b, matrix<T> c, update how,
               const T* bias) {
  if (c.rows <= 2 && ta == transpose::no && tb == transpose::yes) return gemm_dots(alpha, a, b, c, how, bias);
  const dim_t depth = tb == transpose::yes ? b.columns : b.rows;
  const line_starts lines{nullptr, a.stride}, elements{nullptr, 1};
  const tile_left<T> left =
      ta == transpose::yes ? tile_left<T>{a.data, elements, lines} : tile_left<T>{a.data, lines, elements};
  engine::multiply<T>({c.rows, c.columns, depth}, left, {b.data, b.stride, tb},
                      {c.data, {nullptr, c.stride}, alpha, how, bias});
}

/// c = the sum of the slices + bias, or c += the sum, always in the order of the slices.
template <class T>
void add_slices(const T* partial, dim_t slices, matrix<T> c, update how, int threads, const T* bias) {
  constexpr dim_t rows_at_once = 8;
  parallel_for(threads, (c.rows + rows_at_once - 1) / rows_at_once, [=](dim_t piece) {
    for (dim_t row = piece * rows_at_once; row < std::min(c.rows, (piece + 1) * rows_at_once); ++row) {
      T* to = c.data + row * c.stride;
      for (dim_t j = 0; j < c.columns; ++j) {
        T sum = partial[row * c.columns + j];
        for (dim_t s = 1; s < slices; ++s) sum += partial[(s * c.rows + row) * c.columns + j];
        to[j] = sum + (how == update::add ? to[j] : bias ? bias[j] : T(0));
      }
    }
  });
}

}  // namespace detail

/// c = alpha op(a) op(b) + bias, or c += alpha op(a) op(b), on the calling thread; see `gemm`.
template <class T>
void gemm_serial(transpose ta, transpose tb, std::type_identity_t<T> alpha, matrix<const T> a, matrix<const T> b,
                 matrix<T> c, update how, const T* bias = nullptr) {
  detail::gemm_tile<T>(ta, tb, alpha, a, b, c, how, how == update::add ? nullptr : bias);
}

/// c = alpha op(a) op(b) + bias, or c += alpha op(a) op(b), where op(a) is [M, K], op(b) is [K, N] and c is [M, N].
/// `bias` [N] may be null and is ignored for `update::add`. The same bits for any number of threads (0: all).
template <class T>
void gemm(transpose ta, transpose tb, std::type_identity_t<T> alpha, matrix<const T> a, matrix<const T> b, matrix<T> c,
          update how, int threads, const T* bias = nullptr) {
  struct slices_of_depth;
  using namespace detail;
  if (how == update::add) bias = nullptr;
  const dim_t depth = tb == transpose::yes ? b.columns : b.rows;
  const gemm_cut cut = gemm_cut::of(c.rows, c.columns, depth);
  if (c.rows * c.columns * std::max<dim_t>(1, depth) < worth_a_thread) threads = 1;
  T* partial = cut.slices > 1 ? thread_buffer<slices_of_depth, T>(cut.slices * c.rows * c.columns) : nullptr;
  parallel_for(threads, cut.down * cut.across * cut.slices, [=](dim_t piece) {
    const dim_t slice = piece / (cut.down * cut.across);
    const auto [row, rows] = part::of(piece / cut.across % cut.down, cut.down, c.rows, group_rows);
    const auto [column, columns] = part::of(piece % cut.across, cut.across, c.columns, panel_width<T>);
    const auto [k, count] = part::of(slice, cut.slices, depth, panel_depth);
    matrix<T> to = sub(transpose::no, c, row, rows, column, columns);
    if (partial) to = {partial + (slice * c.rows + row) * c.columns + column, rows, columns, c.columns};
    gemm_tile<T>(ta, tb, alpha, sub(ta, a, row, rows, k, count), sub(tb, b, k, count, column, columns), to,
                 partial ? update::store : how, bias && !partial ? bias + column : nullptr);
  });
  if (partial) add_slices<T>(partial, cut.slices, c, how, threads, bias);
}

}  // namespace clipt::inline CLIPT_BUILD::on_cpu

#ifdef __CUDACC__
#pragma nv_diagnostic pop
#endif
