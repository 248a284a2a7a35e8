// Elementwise ops of arithmetic: sums and products, powers, exponentials, logarithms, and casts.
#pragma once
#include <limits>       // numeric_limits
#include <type_traits>  // is_integral_v

#include <clipt/core/scalar_math.hpp>  // exp, log, rounded_to, ... of numbers

namespace clipt::inline CLIPT_BUILD::ops {

struct add {
  static constexpr const char* name = "add";
  template <class T>
  CLIPT_HD static T apply(T a, T b) {
    return a + b;
  }
  template <class T>
  CLIPT_HD static void pull(T, T, T, T g, T& ga, T& gb) {
    ga = g;
    gb = g;
  }
};

struct subtract {
  static constexpr const char* name = "subtract";
  template <class T>
  CLIPT_HD static T apply(T a, T b) {
    return a - b;
  }
  template <class T>
  CLIPT_HD static void pull(T, T, T, T g, T& ga, T& gb) {
    ga = g;
    gb = -g;
  }
};

struct multiply {
  static constexpr const char* name = "multiply";
  template <class T>
  CLIPT_HD static T apply(T a, T b) {
    return a * b;
  }
  template <class T>
  CLIPT_HD static void pull(T a, T b, T, T g, T& ga, T& gb) {
    ga = g * b;
    gb = g * a;
  }
};

struct divide {
  static constexpr const char* name = "divide";
  template <class T>
  CLIPT_HD static T apply(T a, T b) {
    return a / b;
  }
  template <class T>
  CLIPT_HD static void pull(T, T b, T y, T g, T& ga, T& gb) {
    ga = g / b;
    gb = -ga * y;
  }
};

struct negate {
  static constexpr const char* name = "negate";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return -x;
  }
  template <class T>
  CLIPT_HD static void pull(T, T, T g, T& gx) {
    gx = -g;
  }
};

struct exponential {
  static constexpr const char* name = "exp";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return exp(x);
  }
  template <class T>
  CLIPT_HD static void pull(T, T y, T g, T& gx) {
    gx = g * y;
  }
};

struct logarithm {
  static constexpr const char* name = "log";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return log(x);
  }
  template <class T>
  CLIPT_HD static void pull(T x, T, T g, T& gx) {
    gx = g / x;
  }
};

struct logarithm1p {
  static constexpr const char* name = "log1p";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return log1p(x);
  }
  template <class T>
  CLIPT_HD static void pull(T x, T, T g, T& gx) {
    gx = g / (T(1) + x);
  }
};

struct square_root {
  static constexpr const char* name = "sqrt";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return sqrt(x);
  }
  template <class T>
  CLIPT_HD static void pull(T, T y, T g, T& gx) {
    gx = T(0.5) * g / y;
  }
};

struct reciprocal_square_root {
  static constexpr const char* name = "rsqrt";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return T(1) / sqrt(x);
  }
  template <class T>
  CLIPT_HD static void pull(T x, T y, T g, T& gx) {
    gx = T(-0.5) * g * y / x;
  }
};

struct square {
  static constexpr const char* name = "square";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return x * x;
  }
  template <class T>
  CLIPT_HD static void pull(T x, T, T g, T& gx) {
    gx = T(2) * g * x;
  }
};

/// x^exponent: products for whole exponents up to 64, else exp(exponent log |x|) with the sign that whole exponents
/// give; NaN for finite x < 0 and other exponents, which of -inf are those of inf.
struct power {
  static constexpr const char* name = "pow";
  double exponent;
  template <class T>
  CLIPT_HD T apply(T x) const {
    return of(x, exponent);
  }
  template <class T>
  CLIPT_HD void pull(T x, T, T g, T& gx) const {
    gx = exponent == 0 ? T(0) : g * T(exponent) * of(x, exponent - 1);
  }

 private:
  template <class T>
  CLIPT_HD static T of(T x, double e) {
    const double size = e < 0 ? -e : e;
    const bool whole = floor(size) == size;
    if (!whole) return exp(T(e) * log(where(x == T(-std::numeric_limits<double>::infinity()), -x, x)));
    if (size > 64) {
      const T y = exp(T(e) * log(abs(x)));
      return floor(size / 2) * 2 == size ? y : where(x < T(0), -y, y);
    }
    T y = T(1);
    for (int n = static_cast<int>(size); n > 0; n /= 2, x = x * x)
      if (n % 2 == 1) y = y * x;
    return e < 0 ? T(1) / y : y;
  }
};

/// The same numbers as elements of type U, rounded to it; towards zero, and without a gradient, if U is an integer.
template <class U>
struct cast {
  static constexpr const char* name = "cast";
  using value_type = U;
  template <class T>
  CLIPT_HD static T apply(T x) {
    return rounded_to<U>(x);
  }
  template <class T>
  CLIPT_HD static void pull(T, T, T g, T& gx) {
    gx = std::is_integral_v<U> ? T(0) : g;
  }
};

}  // namespace clipt::inline CLIPT_BUILD::ops
