// Threads that share a row: a warp or a block, with sums and maxima in a fixed order.
#pragma once
#include <clipt/cuda/simt.cuh>  // shuffle_xor, shared_array

namespace clipt::inline CLIPT_BUILD::on_cuda {

struct plus {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};
/// NaN is larger than any number.
struct larger {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return b > a || b != b ? b : a;
  }
};
struct smaller {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return b < a ? b : a;
  }
};

/// Combines the values of a warp's lanes pairwise; all lanes get the same bits.
template <class T, class Combine>
__device__ T combine_warp(T value, Combine combine) {
  for (int distance = warp_size / 2; distance > 0; distance /= 2) value = combine(value, shuffle_xor(value, distance));
  return value;
}

/// A warp per row: no shared memory, no barrier.
struct warp_group {
  static constexpr int width = warp_size;
  static constexpr int per_block = 8;
  static constexpr int threads = width * per_block;
  static constexpr int shared_bytes = 0;

  __device__ static int lane() { return thread_index() % width; }
  __device__ static dim_t index() { return block_index() * per_block + thread_index() / width; }
  __device__ static dim_t count() { return grid_size() * per_block; }

  template <class T, class Combine>
  __device__ static T combine(T value, Combine op) {
    return combine_warp(value, op);
  }
};

struct block_barrier {
  __device__ static void wait() { synchronize_block(); }
};

/// A block per row. `Barrier` is a parameter for the tests alone, which leave it out and must be found out.
template <class Barrier = block_barrier>
struct block_group {
  static constexpr int width = 256;
  static constexpr int per_block = 1;
  static constexpr int threads = width;
  static constexpr int warps = width / warp_size;
  static constexpr int shared_bytes = warps * 8;

  __device__ static int lane() { return thread_index(); }
  __device__ static dim_t index() { return block_index(); }
  __device__ static dim_t count() { return grid_size(); }

  template <class T, class Combine>
  __device__ static T combine(T value, Combine op) {
    const shared_array<T> part(warps);
    value = combine_warp(value, op);
    if (thread_index() % warp_size == 0) part.set(thread_index() / warp_size, value);
    Barrier::wait();
    value = part.get(0);
    for (int warp = 1; warp < warps; ++warp) value = op(value, part.get(warp));
    Barrier::wait();  // nobody writes the next parts before all have read these
    return value;
  }
};

template <class Group, class T>
__device__ T group_sum(T value) {
  return Group::combine(value, plus{});
}

/// Calls `f(k, column)` for the k-th column of this thread. `Slots` > 0: at most so many, in a loop that is unrolled,
/// so that what f keeps in an array by k stays in registers.
template <class Group, int Slots, class F>
__device__ void for_own_columns(dim_t columns, F f) {
  if constexpr (Slots > 0) {
#ifdef __CUDACC__
#pragma unroll
#endif
    for (int k = 0; k < Slots; ++k)
      if (const dim_t column = Group::lane() + k * Group::width; column < columns) f(k, column);
  } else {
    int k = 0;
    for (dim_t column = Group::lane(); column < columns; column += Group::width, ++k) f(k, column);
  }
}

/// The columns up to which a row belongs to one warp.
inline constexpr dim_t warp_columns = 1024;

/// Calls `f(group, slots)` for rows of the shape: the group that shares a row, and how many columns each thread keeps
/// in registers (0: none, they are computed again).
template <class O, class F>
void with_group(const O& o, F f) {
  constexpr dim_t known = O::rank > 0 ? O::static_extent(O::rank > 0 ? O::rank - 1 : 0) : 1;
  constexpr int slots = known >= 0 && known <= warp_columns ? static_cast<int>((known + warp_size - 1) / warp_size)
                                                            : warp_columns / warp_size;
  if constexpr (known > warp_columns) {
    f(block_group<>{}, std::integral_constant<int, 0>{});
  } else if constexpr (known >= 0) {
    f(warp_group{}, std::integral_constant<int, slots>{});
  } else if (o.columns() <= warp_columns) {
    f(warp_group{}, std::integral_constant<int, slots>{});
  } else {
    f(block_group<>{}, std::integral_constant<int, 0>{});
  }
}

/// Blocks for so many groups.
template <class Group>
dim_t blocks_for(dim_t groups) {
  return (groups + Group::per_block - 1) / Group::per_block;
}

}  // namespace clipt::inline CLIPT_BUILD::on_cuda
