// Random numbers in memory on the CPU.
#pragma once
#include <cstdint>  // uint64_t

#include <clipt/core/device.hpp>  // cpu
#include <clipt/core/dims.hpp>    // dim_t
#include <clipt/core/philox.hpp>  // random_stream
#include <clipt/ops/random.hpp>   // ops::fill_normal, ops::fill_uniform

namespace clipt::inline CLIPT_BUILD {

template <>
struct kernel<ops::fill_normal, cpu> {
  template <class Context, class T>
  static void forward(Context&, const random_stream& random, double deviation, T* x, dim_t count) {
    for (dim_t i = 0; i < count; ++i) x[i] = static_cast<T>(deviation * random.normal(static_cast<std::uint64_t>(i)));
  }
};

template <>
struct kernel<ops::fill_uniform, cpu> {
  template <class Context, class T>
  static void forward(Context&, const random_stream& random, double bound, T* x, dim_t count) {
    for (dim_t i = 0; i < count; ++i)
      x[i] = static_cast<T>(bound * (2.0 * random.uniform(static_cast<std::uint64_t>(i)) - 1.0));
  }
};

}  // namespace clipt::inline CLIPT_BUILD
