// The thin layer between kernels and the GPU: thread indices, barriers, shuffles, shared memory, launching.
//
// Kernels use nothing of CUDA but what is here, and `__device__`. tests/device/emulated has a second file of this name
// in which a thread is a fiber on the CPU; the same kernels then run without a GPU and without nvcc.
#pragma once
#include <cuda_runtime.h>  // cudaGetLastError

#include <clipt/core/dims.hpp>     // dim_t
#include <clipt/cuda/counts.hpp>   // counted
#include <clipt/cuda/runtime.cuh>  // stream_type, check

namespace clipt::inline CLIPT_BUILD::on_cuda {

inline constexpr int warp_size = 32;

__device__ inline int thread_index() { return static_cast<int>(threadIdx.x); }
__device__ inline int block_size() { return static_cast<int>(blockDim.x); }
__device__ inline dim_t block_index() { return blockIdx.x; }
__device__ inline dim_t grid_size() { return gridDim.x; }

/// Waits until all threads of the block are here; what they wrote to shared and global memory is then seen by all of
/// them.
__device__ inline void synchronize_block() { __syncthreads(); }

/// The value of the lane whose number differs in the bits of `mask`. All 32 lanes must take part.
template <class T>
__device__ T shuffle_xor(T value, int mask) {
  return __shfl_xor_sync(0xffffffffu, value, mask);
}

/// `count` elements of the block's shared memory, from a byte on; every write is visible to others after
/// `synchronize_block` alone.
template <class T>
class shared_array {
 public:
  __device__ explicit shared_array(int, int first_byte = 0) {
    extern __shared__ __align__(16) unsigned char block_memory[];
    data_ = reinterpret_cast<T*>(block_memory + first_byte);
  }
  __device__ T get(int i) const { return data_[i]; }
  __device__ void set(int i, T value) const { data_[i] = value; }
  __device__ const T* data() const { return data_; }

 private:
  T* data_;
};

/// A kernel is a struct: `body()` runs once per thread, with at most `Body::threads` threads per block.
template <class Body>
__global__ void __launch_bounds__(Body::threads) run_body(const __grid_constant__ Body body) {
  body();
}

/// Runs a kernel on `blocks` blocks of `threads` threads, after what is in the stream already. No blocks: nothing
/// happens. Errors: `shape_error` for 2^31 blocks and more.
template <class Body>
void launch(stream_type stream, dim_t blocks, int threads, int shared_bytes, const Body& body) {
  static_assert(std::is_trivially_copyable_v<Body>,
                "clipt: a kernel's arguments are copied to the GPU byte by byte: they hold views and numbers");
  if (blocks <= 0) return;
  const int grid = counted("blocks of a kernel", blocks);
  if (shared_bytes > 48 << 10)  // what a kernel has without being asked
    check(cudaFuncSetAttribute(run_body<Body>, cudaFuncAttributeMaxDynamicSharedMemorySize, shared_bytes),
          "asking for shared memory");
  run_body<<<static_cast<unsigned>(grid), static_cast<unsigned>(threads), static_cast<std::size_t>(shared_bytes),
             stream>>>(body);
  check(cudaGetLastError(), "a kernel's launch");
}

}  // namespace clipt::inline CLIPT_BUILD::on_cuda
