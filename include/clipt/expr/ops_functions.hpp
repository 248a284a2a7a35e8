// Elementwise ops of analysis: trigonometric functions, erf, expm1, log2, whole numbers, powers of tensors.
#pragma once
#include <clipt/core/scalar_math.hpp>  // sin, cos, floor, ... of numbers

namespace clipt::inline CLIPT_BUILD::ops {

struct sine {
  static constexpr const char* name = "sin";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return sin(x);
  }
  template <class T>
  CLIPT_HD static void pull(T x, T, T g, T& gx) {
    gx = g * cos(x);
  }
};

struct cosine {
  static constexpr const char* name = "cos";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return cos(x);
  }
  template <class T>
  CLIPT_HD static void pull(T x, T, T g, T& gx) {
    gx = -g * sin(x);
  }
};

struct tangent {
  static constexpr const char* name = "tan";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return tan(x);
  }
  template <class T>
  CLIPT_HD static void pull(T, T y, T g, T& gx) {
    gx = g * (T(1) + y * y);
  }
};

struct arc_tangent {
  static constexpr const char* name = "atan";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return atan(x);
  }
  template <class T>
  CLIPT_HD static void pull(T x, T, T g, T& gx) {
    gx = g / (T(1) + x * x);
  }
};

struct error_function {
  static constexpr const char* name = "erf";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return erf(x);
  }
  template <class T>
  CLIPT_HD static void pull(T x, T, T g, T& gx) {
    gx = g * T(1.1283791670955126) * exp(-x * x);  // 2 / sqrt(pi)
  }
};

struct exponential_minus_1 {
  static constexpr const char* name = "expm1";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return expm1(x);
  }
  template <class T>
  CLIPT_HD static void pull(T, T y, T g, T& gx) {
    gx = g * (y + T(1));
  }
};

struct binary_logarithm {
  static constexpr const char* name = "log2";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return log2(x);
  }
  template <class T>
  CLIPT_HD static void pull(T x, T, T g, T& gx) {
    gx = g * T(1.4426950408889634) / x;  // 1 / ln 2
  }
};

/// A function that is constant between its steps: no gradient.
struct steps {
  template <class T>
  CLIPT_HD static void pull(T, T, T, T& gx) {
    gx = T(0);
  }
};

struct round_down : steps {
  static constexpr const char* name = "floor";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return floor(x);
  }
};

struct round_up : steps {
  static constexpr const char* name = "ceil";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return -floor(-x);
  }
};

/// Halves go to the even neighbour.
struct round_to_nearest : steps {
  static constexpr const char* name = "round";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return rint(x);
  }
};

/// -1, 0 or 1, and x itself where it is NaN.
struct sign : steps {
  static constexpr const char* name = "sign";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return where(x < T(0), T(-1), where(T(0) < x, T(1), x));
  }
};

/// x^e of two arrays; what nears 0 has no say in the exponent's gradient.
struct power_of {
  static constexpr const char* name = "pow";
  template <class T>
  CLIPT_HD static T apply(T x, T e) {
    return pow(x, e);
  }
  template <class T>
  CLIPT_HD static void pull(T x, T e, T y, T g, T& gx, T& ge) {
    gx = where(e == T(0), T(0), g * e * pow(x, e - T(1)));
    ge = where(x == T(0) && T(0) <= e, T(0), g * y * log(x));
  }
};

}  // namespace clipt::inline CLIPT_BUILD::ops
