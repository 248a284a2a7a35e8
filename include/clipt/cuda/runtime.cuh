// The few calls of the CUDA runtime that clipt makes: memory, copies, streams, and what their failures say.
#pragma once
#include <cuda_runtime.h>  // cudaMalloc, cudaMemcpyAsync, cudaStreamCreateWithFlags
#include <cstddef>         // size_t
#include <string>          // string

#include <clipt/core/error.hpp>  // device_error

namespace clipt::inline CLIPT_BUILD::on_cuda {

using stream_type = cudaStream_t;

/// Turns an error code into a `device_error`.
inline void check(cudaError_t code, const char* what) {
  if (code != cudaSuccess)
    throw device_error(std::string("clipt::gpu: ") + what + " failed: " + cudaGetErrorString(code));
}

/// The number of GPUs that can be used; 0 without a driver.
inline int device_count() {
  int count = 0;
  if (cudaGetDeviceCount(&count) == cudaSuccess) return count;
  static_cast<void>(cudaGetLastError());  // an absent driver is an answer, not a failure to be found later
  return 0;
}

/// Zeroed memory of the current GPU. Zeros are there for every stream when it returns.
inline void* allocate(std::size_t bytes) {
  void* memory = nullptr;
  check(cudaMalloc(&memory, bytes), ("an allocation of " + std::to_string(bytes) + " bytes").c_str());
  check(cudaMemset(memory, 0, bytes), "zeroing");
  check(cudaDeviceSynchronize(), "waiting for the GPU");
  return memory;
}

/// Waits for all that uses the memory.
inline void release(void* memory) noexcept { static_cast<void>(cudaFree(memory)); }

/// Copies between any two places, host or GPU, in the stream's order; from or to the host it has happened on return.
inline void copy_bytes(stream_type stream, const void* from, void* to, std::size_t bytes, bool wait) {
  if (bytes > 0) check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, stream), "a copy");
  if (wait) check(cudaStreamSynchronize(stream), "waiting for the GPU");
}

inline void zero_bytes(stream_type stream, void* to, std::size_t bytes) {
  if (bytes > 0) check(cudaMemsetAsync(to, 0, bytes, stream), "zeroing");
}

inline void synchronize(stream_type stream) { check(cudaStreamSynchronize(stream), "waiting for the GPU"); }

/// Waits for all streams.
inline void synchronize_all() { check(cudaDeviceSynchronize(), "waiting for the GPU"); }

/// A stream that the legacy default stream does not wait for.
inline stream_type make_stream() {
  stream_type stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "creating a stream");
  return stream;
}

inline void destroy_stream(stream_type stream) noexcept { static_cast<void>(cudaStreamDestroy(stream)); }

}  // namespace clipt::inline CLIPT_BUILD::on_cuda
