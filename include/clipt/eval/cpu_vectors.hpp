// Arithmetic of long vectors on the CPU.
#pragma once
#include <algorithm>  // max, min
#include <cmath>      // abs, isnan

#include <clipt/core/device.hpp>         // cpu
#include <clipt/eval/cpu_map.hpp>        // grain
#include <clipt/eval/cpu_row_rules.hpp>  // map_row, row_dot
#include <clipt/ops/vectors.hpp>         // ops::dot, ...

namespace clipt::inline CLIPT_BUILD {

template <>
struct kernel<ops::dot, cpu> {
  template <class Context, class T>
  static T forward(Context&, const T* x, const T* y, dim_t count) {
    return on_cpu::row_dot(x, y, count);
  }
};

template <>
struct kernel<ops::add_squares, cpu> {
  template <class Context, class T>
  static void forward(Context&, const T* x, dim_t count, double* sum) {
    for (dim_t begin = 0; begin < count; begin += on_cpu::grain)
      *sum += on_cpu::row_dot(x + begin, x + begin, std::min(on_cpu::grain, count - begin));
  }
};

template <>
struct kernel<ops::add_scaled, cpu> {
  template <class Context, class T>
  static void forward(Context&, const T* x, T factor, const T* y, T* out, dim_t count) {
    const lanes<T> by(factor);
    on_cpu::map_row<T>(
        count, out, [&](const lanes<T>& a, const lanes<T>& b) { return mul_add(by, b, a); }, x, y);
  }
};

template <>
struct kernel<ops::scale, cpu> {
  template <class Context, class T>
  static void forward(Context&, T* x, T factor, dim_t count) {
    const lanes<T> by(factor);
    on_cpu::map_row<T>(
        count, x, [&](const lanes<T>& a) { return a * by; }, x);
  }
};

template <>
struct kernel<ops::largest_magnitude, cpu> {
  template <class Context, class T>
  static T forward(Context&, const T* x, dim_t count) {
    T largest = 0;
    for (dim_t i = 0; i < count; ++i) {
      if (std::isnan(x[i])) return x[i];
      largest = std::max(largest, std::abs(x[i]));
    }
    return largest;
  }
};

}  // namespace clipt::inline CLIPT_BUILD
