// The state of a GPU context: its stream and its cuBLAS handle, and the product as cuBLAS sees it.
#pragma once
#include <cublas_v2.h>  // cublasCreate, cublasGemmStridedBatchedEx
#include <string>       // to_string

#include <clipt/core/device.hpp>   // cuda
#include <clipt/core/dims.hpp>     // dim_t
#include <clipt/cuda/counts.hpp>   // counted
#include <clipt/cuda/runtime.cuh>  // stream_type, make_stream
#include <clipt/ops/kernel.hpp>    // device_state

namespace clipt::inline CLIPT_BUILD {

namespace on_cuda {

inline void check(cublasStatus_t status, const char* what) {
  if (status != CUBLAS_STATUS_SUCCESS)
    throw device_error(std::string("clipt::gpu: ") + what + " failed: " + cublasGetStatusString(status));
}

}  // namespace on_cuda

/// One stream, in which everything of a context happens in order, and a cuBLAS handle bound to it.
template <>
struct device_state<gpu> {
  device_state() : stream(on_cuda::make_stream()) {}
  device_state(const device_state&) = delete;
  device_state& operator=(const device_state&) = delete;
  ~device_state() {
    if (blas_ != nullptr) static_cast<void>(cublasDestroy(blas_));
    on_cuda::destroy_stream(stream);
  }

  const on_cuda::stream_type stream;

  /// Made by its first use: it costs memory and time that elementwise programs need not spend.
  cublasHandle_t blas() {
    if (blas_ == nullptr) {
      on_cuda::check(cublasCreate(&blas_), "creating a cuBLAS handle");
      on_cuda::check(cublasSetStream(blas_, stream), "binding cuBLAS to a stream");
    }
    return blas_;
  }

 private:
  cublasHandle_t blas_ = nullptr;
};

namespace on_cuda {

/// One of a batch of column-major operands: leading dimension and distance from one to the next.
template <class T>
struct column_major {
  T* data;
  bool transposed;
  dim_t stride, distance;
};

/// c [m, n] = op(a) op(b) + beta c, column-major, `count` times. Fp32 is fp32: no TF32, no split into halves.
template <class T>
void column_major_products(device_state<gpu>& state, dim_t count, dim_t m, dim_t n, dim_t k,
                           const column_major<const T>& a, const column_major<const T>& b, T beta,
                           const column_major<T>& c) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "clipt::matmul: on a GPU the elements are float or double");
  constexpr cudaDataType type = sizeof(T) == 4 ? CUDA_R_32F : CUDA_R_64F;
  constexpr cublasComputeType_t compute = sizeof(T) == 4 ? CUBLAS_COMPUTE_32F : CUBLAS_COMPUTE_64F;
  const auto op = [](bool transposed) { return transposed ? CUBLAS_OP_T : CUBLAS_OP_N; };
  const auto whole = [](dim_t extent) { return counted("rows or columns of a product", extent); };
  const T one = 1;
  check(cublasGemmStridedBatchedEx(state.blas(), op(a.transposed), op(b.transposed), whole(m), whole(n), whole(k), &one,
                                   a.data, type, whole(a.stride), a.distance, b.data, type, whole(b.stride), b.distance,
                                   &beta, c.data, type, whole(c.stride), c.distance, whole(count), compute,
                                   CUBLAS_GEMM_DEFAULT),
        "a matrix product");
}

}  // namespace on_cuda

}  // namespace clipt::inline CLIPT_BUILD
