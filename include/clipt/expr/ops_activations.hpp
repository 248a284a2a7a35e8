// Elementwise ops that are activations: sigmoid, tanh, and what stands between the layers of a model.
#pragma once
#include <clipt/core/scalar_math.hpp>  // exp, erf, sigmoid, where, ... of numbers

namespace clipt::inline CLIPT_BUILD::ops {

struct hyperbolic_tangent {
  static constexpr const char* name = "tanh";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return tanh(x);
  }
  template <class T>
  CLIPT_HD static void pull(T, T y, T g, T& gx) {
    gx = g * (T(1) - y * y);
  }
};

struct logistic {
  static constexpr const char* name = "sigmoid";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return sigmoid(x);
  }
  template <class T>
  CLIPT_HD static void pull(T, T y, T g, T& gx) {
    gx = g * y * (T(1) - y);
  }
};

/// Gradient 0 at 0.
struct relu {
  static constexpr const char* name = "relu";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return where(x <= T(0), T(0), x);
  }
  template <class T>
  CLIPT_HD static void pull(T x, T, T g, T& gx) {
    gx = where(x <= T(0), T(0), g);
  }
};

/// x sigmoid(slope x): silu with slope 1, quick_gelu with slope 1.702.
template <int SlopeInThousandths>
struct swish {
  static constexpr const char* name = SlopeInThousandths == 1000 ? "silu" : "quick_gelu";
  static constexpr double slope = SlopeInThousandths / 1000.0;
  template <class T>
  CLIPT_HD static T apply(T x) {
    return x * sigmoid(T(slope) * x);
  }
  template <class T>
  CLIPT_HD static void pull(T x, T, T g, T& gx) {
    const T s = sigmoid(T(slope) * x);
    gx = g * s * (T(1) + T(slope) * x * (T(1) - s));
  }
};
using silu = swish<1000>;
using quick_gelu = swish<1702>;

/// x Phi(x), Phi the normal distribution: x (1 + erf(x / sqrt 2)) / 2. Source: Hendrycks and Gimpel, 2016.
struct gelu {
  static constexpr const char* name = "gelu";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return T(0.5) * x * (T(1) + erf(x * T(0.70710678118654752)));
  }
  template <class T>
  CLIPT_HD static void pull(T x, T, T g, T& gx) {
    const T phi = T(0.39894228040143268) * exp(T(-0.5) * x * x);
    gx = g * (T(0.5) * (T(1) + erf(x * T(0.70710678118654752))) + x * phi);
  }
};

/// x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2. Source: Hendrycks and Gimpel, 2016.
struct gelu_tanh {
  static constexpr const char* name = "gelu_tanh";
  template <class T>
  CLIPT_HD static T inner(T x) {
    return T(0.79788456080286536) * x * (T(1) + T(0.044715) * x * x);
  }
  template <class T>
  CLIPT_HD static T apply(T x) {
    return T(0.5) * x * (T(1) + tanh(inner(x)));
  }
  template <class T>
  CLIPT_HD static void pull(T x, T, T g, T& gx) {
    const T t = tanh(inner(x));
    const T slope = T(0.79788456080286536) * (T(1) + T(3 * 0.044715) * x * x);
    gx = T(0.5) * g * (T(1) + t + x * (T(1) - t * t) * slope);
  }
};

/// log(1 + exp x) = max(x, 0) + log1p(exp(-|x|)), without overflow.
struct softplus {
  static constexpr const char* name = "softplus";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return where(T(0) < x, x, T(0)) + log1p(exp(-abs(x)));
  }
  template <class T>
  CLIPT_HD static void pull(T x, T, T g, T& gx) {
    gx = g * sigmoid(x);
  }
};

}  // namespace clipt::inline CLIPT_BUILD::ops
