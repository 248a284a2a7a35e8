// The state of an emulated GPU context; products are plain loops.
#pragma once
#include <clipt/core/device.hpp>   // cuda
#include <clipt/core/dims.hpp>     // dim_t
#include <clipt/cuda/runtime.cuh>  // stream_type
#include <clipt/ops/kernel.hpp>   // device_state

namespace clipt::inline CLIPT_BUILD {

template <>
struct device_state<gpu> {
  on_cuda::stream_type stream;
};

namespace on_cuda {

template <class T>
struct column_major {
  T* data;
  bool transposed;
  dim_t stride, distance;
};

/// What cuBLAS documents: c [m, n] = op(a) op(b) + beta c, column-major, where c is not read if beta is 0.
template <class T>
void column_major_products(device_state<gpu>&, dim_t count, dim_t m, dim_t n, dim_t k, const column_major<const T>& a,
                           const column_major<const T>& b, T beta, const column_major<T>& c) {
  const emulator::access open;
  if (a.stride < (a.transposed ? k : m) || b.stride < (b.transposed ? n : k) || c.stride < m)
    throw device_error("emulated cuBLAS: a leading dimension is too small");
  const auto at = [](const auto& x, dim_t row, dim_t column) {
    return x.transposed ? row * x.stride + column : column * x.stride + row;
  };
  for (dim_t i = 0; i < count; ++i)
    for (dim_t row = 0; row < m; ++row)
      for (dim_t column = 0; column < n; ++column) {
        double sum = 0;
        for (dim_t j = 0; j < k; ++j)
          sum += static_cast<double>(a.data[i * a.distance + at(a, row, j)]) *
                 static_cast<double>(b.data[i * b.distance + at(b, j, column)]);
        T& out = c.data[i * c.distance + column * c.stride + row];
        out = static_cast<T>(beta == T(0) ? sum : sum + static_cast<double>(beta) * static_cast<double>(out));
      }
}

}  // namespace on_cuda

}  // namespace clipt::inline CLIPT_BUILD
