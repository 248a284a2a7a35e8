// The elementwise functions for single numbers, under the names that lanes and GPU kernels use too.
#pragma once

#include <cmath>        // std::exp and its relatives, also in device code
#include <limits>       // numeric_limits
#include <type_traits>  // is_integral

#include <clipt/core/config.hpp>  // CLIPT_HD

namespace clipt::inline CLIPT_BUILD {

// An elementwise op is written once, as `template <class T> T apply(T x) { return x / (T(1) + abs(x)); }`, for T =
// float, double and lanes<T>. Lanes are found through their namespace; numbers have none, so their functions must be
// visible here. What std has is taken as it is: a second exp(double) would be ambiguous with ::exp after `using
// namespace clipt`.
using std::abs;
using std::atan;
using std::cos;
using std::erf;
using std::exp;
using std::expm1;
using std::floor;
using std::log;
using std::log1p;
using std::log2;
using std::pow;
using std::rint;
using std::sin;
using std::sqrt;
using std::tan;
using std::tanh;

/// The smaller of two numbers; NaN if either is.
CLIPT_HD constexpr float min(float a, float b) { return b < a || b != b ? b : a; }
CLIPT_HD constexpr double min(double a, double b) { return b < a || b != b ? b : a; }

/// The larger of two numbers; NaN if either is.
CLIPT_HD constexpr float max(float a, float b) { return b > a || b != b ? b : a; }
CLIPT_HD constexpr double max(double a, double b) { return b > a || b != b ? b : a; }

/// `a` where the condition holds, else `b`.
CLIPT_HD constexpr float where(bool condition, float a, float b) { return condition ? a : b; }
CLIPT_HD constexpr double where(bool condition, double a, double b) { return condition ? a : b; }

/// x as an element of type U. An integer is rounded towards zero; the nearest there is where x lies outside its range,
/// and the lowest for NaN.
template <class U, class T>
CLIPT_HD constexpr U to_element(T x) {
  if constexpr (std::is_integral_v<U> && !std::is_same_v<U, bool>) {
    using range = std::numeric_limits<U>;
    if (!(x > static_cast<T>(range::min()))) return range::min();
    if (x >= static_cast<T>(range::max())) return range::max();
  }
  return static_cast<U>(x);
}

/// x as U holds it.
template <class U>
CLIPT_HD constexpr float rounded_to(float x) {
  return static_cast<float>(to_element<U>(x));
}
template <class U>
CLIPT_HD constexpr double rounded_to(double x) {
  return static_cast<double>(to_element<U>(x));
}

/// x * x.
CLIPT_HD constexpr float square(float x) { return x * x; }
CLIPT_HD constexpr double square(double x) { return x * x; }

#ifdef __CUDACC__
using ::rsqrt;  // nvcc's own headers call theirs, and a second one would be ambiguous after `using namespace clipt`
#else
/// 1 / sqrt(x) by a true division, not an estimate; inf at 0, NaN below.
CLIPT_HD inline float rsqrt(float x) { return 1.0f / std::sqrt(x); }
CLIPT_HD inline double rsqrt(double x) { return 1.0 / std::sqrt(x); }
#endif

/// The logistic function 1 / (1 + exp(-x)), in (0, 1); exp is taken of -|x| alone, so that nothing overflows.
CLIPT_HD inline float sigmoid(float x) {
#ifdef __CUDA_ARCH__
  return __fdividef(1.0f, 1.0f + __expf(-x));  // the GPU's own; where exp is infinite the quotient is 0
#endif
  const float e = std::exp(-std::abs(x));
  return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}
CLIPT_HD inline double sigmoid(double x) {
  const double e = std::exp(-std::abs(x));
  return (x < 0.0 ? e : 1.0) / (1.0 + e);
}

/// a * b + c, in one rounding where the machine has it: written as one expression, which is what a compiler may
/// contract.
CLIPT_HD constexpr float mul_add(float a, float b, float c) { return a * b + c; }
CLIPT_HD constexpr double mul_add(double a, double b, double c) { return a * b + c; }

}  // namespace clipt::inline CLIPT_BUILD
