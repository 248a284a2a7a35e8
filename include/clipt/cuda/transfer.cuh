// Filling, adding, and copies within a GPU and between it and the host.
#pragma once
#include <algorithm>  // min

#include <clipt/cuda/context.cuh>  // device_state
#include <clipt/cuda/shaping.cuh>  // move_block
#include <clipt/cuda/simt.cuh>     // launch
#include <clipt/ops/memory.hpp>    // ops::fill, ops::copy, ops::accumulate, ops::transfer

namespace clipt::inline CLIPT_BUILD {

namespace on_cuda {

template <class T>
struct fill_body {
  static constexpr int threads = 256;
  T* to;
  dim_t count;
  T value;

  __device__ void operator()() const {
    for (dim_t i = block_index() * threads + thread_index(); i < count; i += grid_size() * threads) to[i] = value;
  }
};

}  // namespace on_cuda

template <>
struct kernel<ops::fill, gpu> {
  template <class Context, class T>
  static void forward(Context& ctx, T* to, dim_t count, T value) {
    using Body = on_cuda::fill_body<T>;
    on_cuda::launch(ctx.state().stream, std::min<dim_t>((count + 255) / 256, 2112), Body::threads, 0,
                    Body{to, count, value});
  }
};

template <>
struct kernel<ops::copy, gpu> {
  /// A GPU copies overlapping memory in no particular order: pieces no longer than the distance do not overlap.
  template <class Context, class T>
  static void forward(Context& ctx, const T* from, T* to, dim_t count) {
    if (from == to) return;
    const dim_t piece = to < from && from - to < count ? from - to : std::max<dim_t>(1, count);
    for (dim_t i = 0; i < count; i += piece)
      on_cuda::copy_bytes(ctx.state().stream, from + i, to + i,
                          static_cast<std::size_t>(std::min(piece, count - i)) * sizeof(T), false);
  }
};

template <>
struct kernel<ops::accumulate, gpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const T* from, T* to, dim_t count) {
    on_cuda::move_block<on_cuda::adding>(ctx.state().stream, from, count, to, count, 1, count);
  }
};

template <>
struct kernel<ops::transfer, gpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const T* from, T* to, dim_t count) {
    on_cuda::copy_bytes(ctx.state().stream, from, to, static_cast<std::size_t>(count) * sizeof(T), true);
  }
};

}  // namespace clipt::inline CLIPT_BUILD
