// How threads lie over the rows and columns of a statement that is added up.
#pragma once
#include <algorithm>  // min

#include <clipt/cuda/simt.cuh>   // thread_index, grid_size
#include <clipt/expr/trace.hpp>  // at_row

namespace clipt::inline CLIPT_BUILD::on_cuda {

/// Blocks of a kernel over all elements: enough for every multiprocessor several times over; each thread then takes strides.
inline constexpr dim_t most_blocks = 132 * 16;

/// How 256 threads lie over rows of so many columns: `across` of them, a power of two, beside each other.
struct tile {
  static constexpr int threads = 256;
  int across_bits;

  static tile of(dim_t columns) {
    int bits = 0;
    while (bits < 8 && (dim_t{1} << bits) < columns) ++bits;
    return {bits};
  }
  CLIPT_HD int across() const { return 1 << across_bits; }
  CLIPT_HD int down() const { return threads >> across_bits; }
  CLIPT_HD int column(int thread) const { return thread & (across() - 1); }
  CLIPT_HD int row(int thread) const { return thread >> across_bits; }
};

/// Calls `f(cursor, column, element)` for the elements of this thread.
template <class C, class E, class O, class F>
__device__ void for_own_elements(const E& e, const O& o, const tile& lies, F f) {
  if constexpr (lies_flat<E, O>) {
    auto cursor = at_row<C>(e, o, 0);
    const dim_t size = o.size(), stride = grid_size() * tile::threads;
    for (dim_t i = block_index() * tile::threads + thread_index(); i < size; i += stride) f(cursor, i, i);
  } else {
    const dim_t rows = o.rows(), columns = o.columns(), stride = grid_size() * lies.down();
    for (dim_t row = block_index() * lies.down() + lies.row(thread_index()); row < rows; row += stride) {
      auto cursor = at_row<C>(e, o, row);
      for (dim_t column = lies.column(thread_index()); column < columns; column += lies.across())
        f(cursor, column, row * columns + column);
    }
  }
}

template <class E, class O>
dim_t blocks_over(const O& o, const tile& lies) {
  const dim_t all =
      lies_flat<E, O> ? (o.size() + tile::threads - 1) / tile::threads : (o.rows() + lies.down() - 1) / lies.down();
  return o.size() == 0 ? 0 : std::min(all, most_blocks);
}

}  // namespace clipt::inline CLIPT_BUILD::on_cuda
