// Filling, copying and adding of elements on the CPU.
#pragma once
#include <algorithm>  // fill_n
#include <cstring>    // memmove

#include <clipt/core/device.hpp>  // cpu
#include <clipt/core/dims.hpp>    // dim_t
#include <clipt/core/dtype.hpp>   // compute_t
#include <clipt/ops/memory.hpp>   // ops::fill, ops::copy, ops::accumulate, ops::transfer

namespace clipt::inline CLIPT_BUILD {

template <>
struct kernel<ops::fill, cpu> {
  template <class Context, class T>
  static void forward(Context&, T* to, dim_t count, T value) {
    std::fill_n(to, count, value);
  }
};

template <>
struct kernel<ops::copy, cpu> {
  template <class Context, class T>
  static void forward(Context&, const T* from, T* to, dim_t count) {
    if (count > 0) std::memmove(to, from, static_cast<std::size_t>(count) * sizeof(T));
  }
};

template <>
struct kernel<ops::accumulate, cpu> {
  template <class Context, class T>
  static void forward(Context&, const T* from, T* to, dim_t count) {
    using C = compute_t<T>;
    for (dim_t i = 0; i < count; ++i) to[i] = static_cast<T>(static_cast<C>(to[i]) + static_cast<C>(from[i]));
  }
};

template <>
struct kernel<ops::generate_rows, cpu> {
  template <class Context, class Make, class T>
  static void forward(Context&, dim_t rows, dim_t width, const Make& make, T* to) {
    for (dim_t row = 0; row < rows; ++row) make(row, to + row * width);
  }
};

template <>
struct kernel<ops::transfer, cpu> : kernel<ops::copy, cpu> {};

}  // namespace clipt::inline CLIPT_BUILD
