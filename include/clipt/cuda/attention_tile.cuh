// Tiles of 64 rows of one head in shared memory, and their products by the matrix units; a block has a warp for 16 rows.
#pragma once
#include <cstring>  // memcpy

#include <clipt/cuda/mma.cuh>       // load_matrices, multiply_add
#include <clipt/ops/attention.hpp>  // strided_rows, written_rows

namespace clipt::inline CLIPT_BUILD::on_cuda {

inline constexpr int tile_rows = 64, tile_columns = 64;  // of the sequence and of the head
inline constexpr int tile_stride = tile_columns + 8;     // so that the rows of a matrix lie in different banks
inline constexpr int tile_elements = tile_rows * tile_stride, tile_bytes = tile_elements * 2;
inline constexpr int tile_threads = tile_rows / 16 * warp_size;

/// f(0) to f(N - 1), without a loop: what f indexes are registers.
template <int N, class F>
CLIPT_HD void unrolled(F f) {
#ifdef __CUDA_ARCH__
#pragma unroll
#endif
  for (int i = 0; i < N; ++i) f(i);
}

/// What a lane holds of 16 rows of 64 numbers: element [n][e] is in row `row_of(e)` and column `column_of(n, e)`.
using warp_rows = float[tile_columns / 8][4];

__device__ inline int warp_index() { return thread_index() / warp_size; }
__device__ inline int lane_index() { return thread_index() % warp_size; }
/// Of the tile's 64 rows, and of its columns.
__device__ inline int row_of(int e) { return warp_index() * 16 + lane_index() / 4 + e / 2 * 8; }
__device__ inline int column_of(int n, int e) { return n * 8 + lane_index() % 4 * 2 + e % 2; }

/// The `number`-th tile of the block's shared memory.
class attention_tile {
 public:
  __device__ explicit attention_tile(int number)
      : elements_(tile_elements, number * tile_bytes), pairs_(tile_elements / 2, number * tile_bytes),
        packets_(tile_elements / 8, number * tile_bytes) {}

  /// Rows from `first` on, of which those from `end` on are zeros; `from` begins with the head's column.
  __device__ void load(const strided_rows<const bfloat16>& from, dim_t first, dim_t end) const {
    constexpr int packets = tile_columns / 8;
    for (int i = thread_index(); i < tile_rows * packets; i += tile_threads) {
      const int row = i / packets, packet = i % packets;
      sixteen_bytes value{};
      if (first + row < end) value = eight_of(from.data + (first + row) * from.stride + packet * 8);
      packets_.set(row * (tile_stride / 8) + packet, value);
    }
  }

  /// The warp's 16 rows become x, rounded.
  __device__ void store(const warp_rows& x) const {
    unrolled<tile_columns / 8>([&](int n) {
      for (int e = 0; e < 4; e += 2)
        pairs_.set((row_of(e) * tile_stride + column_of(n, e)) / 2, pair_of(x[n][e], x[n][e + 1]));
    });
  }

  /// The 16 x 16 numbers from a row and a column on, as the left operand of multiply_add, or as two right ones.
  __device__ four_matrices left(int row, int column) const {
    const int lane = lane_index();
    return load_matrices<false>(elements_, (row + lane % 16) * tile_stride + column + lane / 16 * 8);
  }
  __device__ four_matrices left_transposed(int row, int column) const {
    const int lane = lane_index();
    return load_matrices<true>(elements_, (row + lane % 8 + lane / 16 * 8) * tile_stride + column + lane / 8 % 2 * 8);
  }
  __device__ four_matrices right(int row, int column) const {
    const int lane = lane_index();
    return load_matrices<true>(elements_, (row + lane % 16) * tile_stride + column + lane / 16 * 8);
  }
  __device__ four_matrices right_transposed(int row, int column) const {
    const int lane = lane_index();
    return load_matrices<false>(elements_, (row + lane % 8 + lane / 16 * 8) * tile_stride + column + lane / 8 % 2 * 8);
  }

 private:
  shared_array<bfloat16> elements_;
  shared_array<std::uint32_t> pairs_;
  shared_array<sixteen_bytes> packets_;
};

/// x = a bᵀ of the warp's 16 rows of a and all rows of b.
__device__ inline void multiply_by_rows(warp_rows& x, const attention_tile& a, const attention_tile& b) {
  unrolled<tile_rows / 8>([&](int n) {
    for (int e = 0; e < 4; ++e) x[n][e] = 0;
  });
  unrolled<tile_columns / 16>([&](int k) {
    const four_matrices left = a.left(warp_index() * 16, k * 16);
    unrolled<tile_rows / 16>([&](int n) {
      const four_matrices right = b.right_transposed(n * 16, k * 16);
      multiply_add(x[2 * n], left, right.part[0], right.part[1]);
      multiply_add(x[2 * n + 1], left, right.part[2], right.part[3]);
    });
  });
}

/// x += a b, where a tile gives four_matrices of its 16 rows for each 16 columns, and b has these as rows.
template <class Left>
__device__ void multiply_by_columns(warp_rows& x, const Left& left_of, const attention_tile& b) {
  unrolled<tile_rows / 16>([&](int k) {
    const four_matrices left = left_of(k);
    unrolled<tile_columns / 16>([&](int n) {
      const four_matrices right = b.right(k * 16, n * 16);
      multiply_add(x[2 * n], left, right.part[0], right.part[1]);
      multiply_add(x[2 * n + 1], left, right.part[2], right.part[3]);
    });
  });
}

/// Numbers in registers, rounded, as the left operand of a product: their columns from 16 k on.
__device__ inline four_matrices rounded_left(const warp_rows& x, int k) {
  return {{pair_of(x[2 * k][0], x[2 * k][1]), pair_of(x[2 * k][2], x[2 * k][3]),
           pair_of(x[2 * k + 1][0], x[2 * k + 1][1]), pair_of(x[2 * k + 1][2], x[2 * k + 1][3])}};
}

/// Two neighbours of a row, stored or added to.
__device__ inline void write_pair(const written_rows<bfloat16>& to, dim_t row, dim_t column, float first,
                                  float second) {
  bfloat16* const place = to.rows.data + row * to.rows.stride + column;
  if (!to.stores) {
    first += static_cast<float>(place[0]);
    second += static_cast<float>(place[1]);
  }
  const std::uint32_t pair = pair_of(first, second);
  std::memcpy(static_cast<void*>(__builtin_assume_aligned(place, 4)), &pair, 4);
}

}  // namespace clipt::inline CLIPT_BUILD::on_cuda
