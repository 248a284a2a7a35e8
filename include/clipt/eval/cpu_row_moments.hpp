// What products, norms, variances and running sums do to one row; see cpu_rows.hpp for the contract.
#pragma once
#include <cmath>  // sqrt

#include <clipt/eval/cpu_row_kernels.hpp>  // cpu_rule

namespace clipt::inline CLIPT_BUILD {

namespace on_cpu {

/// The product of a row; what an element gets is the product of those before it and of those behind it.
template <class C>
struct product_rule {
  static constexpr int saved = ops::row_product::saved_per_row;
  static constexpr bool wants_input = true;

  template <class T>
  void forward(const C* x, dim_t n, T* y, C*, dim_t) const {
    C product = 1;
    for (dim_t i = 0; i < n; ++i) product *= x[i];
    *y = static_cast<T>(product);
  }
  template <class T>
  void backward(const C* x, const T*, const T* g, C* gx, dim_t n, const C*, dim_t, dim_t) const {
    C before = static_cast<C>(*g), behind = 1;
    for (dim_t i = 0; i < n; before *= x[i++]) gx[i] = before;
    for (dim_t i = n; i-- > 0; behind *= x[i]) gx[i] *= behind;
  }
};

/// sqrt(sum x²); dx = g x / y.
template <class C>
struct norm_rule {
  static constexpr int saved = ops::row_norm::saved_per_row;  // the norm
  static constexpr bool wants_input = true;

  template <class T>
  void forward(const C* x, dim_t n, T* y, C* kept, dim_t) const {
    kept[0] = std::sqrt(row_dot(x, x, n));
    *y = static_cast<T>(kept[0]);
  }
  template <class T>
  void backward(const C* x, const T*, const T* g, C* gx, dim_t n, const C* kept, dim_t, dim_t) const {
    const lanes<C> scale(kept[0] == 0 ? C(0) : static_cast<C>(*g) / kept[0]);
    map_row<C>(
        n, gx, [&](const lanes<C>& v) { return v * scale; }, x);
  }
};

/// The sum of (x - mean)² / (n - correction), or its root.
template <class C, bool Root>
struct variance_rule {
  static constexpr int saved = ops::row_variance::saved_per_row;  // mean, result
  static constexpr bool wants_input = true;
  double correction;

  template <class T>
  void forward(const C* x, dim_t n, T* y, C* kept, dim_t) const {
    kept[0] = row_sum(x, n) / static_cast<C>(n);
    const lanes<C> mean(kept[0]);
    const C squares = sum_row<C>(
        n, [&](const lanes<C>& v) { return square(v - mean); }, x);
    kept[1] = squares / divisor(n);
    if constexpr (Root) kept[1] = std::sqrt(kept[1]);
    *y = static_cast<T>(kept[1]);
  }
  template <class T>
  void backward(const C* x, const T*, const T* g, C* gx, dim_t n, const C* kept, dim_t, dim_t) const {
    C factor = static_cast<C>(*g) / divisor(n);
    if constexpr (Root)
      factor = kept[1] == 0 ? C(0) : factor / kept[1];
    else
      factor *= 2;
    const lanes<C> mean(kept[0]), scale(factor);
    map_row<C>(
        n, gx, [&](const lanes<C>& v) { return (v - mean) * scale; }, x);
  }

 private:
  C divisor(dim_t n) const { return static_cast<C>(std::max(0.0, static_cast<double>(n) - correction)); }
};

/// y[i] = x[0] + ... + x[i], summed in double; dx[i] = g[i] + ... + g[n - 1].
template <class C>
struct running_sum_rule {
  static constexpr int saved = ops::running_sum::saved_per_row;
  static constexpr bool wants_input = false;

  template <class T>
  void forward(const C* x, dim_t n, T* y, C*, dim_t) const {
    double sum = 0;
    for (dim_t i = 0; i < n; ++i) y[i] = static_cast<T>(sum += static_cast<double>(x[i]));
  }
  template <class T>
  void backward(const C*, const T*, const T* g, C* gx, dim_t n, const C*, dim_t, dim_t) const {
    double sum = 0;
    for (dim_t i = n; i-- > 0;) gx[i] = static_cast<C>(sum += static_cast<double>(g[i]));
  }
};

}  // namespace on_cpu

template <class C>
struct cpu_rule<ops::row_product, C> : on_cpu::product_rule<C> {};
template <class C>
struct cpu_rule<ops::row_norm, C> : on_cpu::norm_rule<C> {};
template <class C>
struct cpu_rule<ops::row_variance, C> : on_cpu::variance_rule<C, false> {};
template <class C>
struct cpu_rule<ops::row_deviation, C> : on_cpu::variance_rule<C, true> {};
template <class C>
struct cpu_rule<ops::running_sum, C> : on_cpu::running_sum_rule<C> {};

}  // namespace clipt::inline CLIPT_BUILD
