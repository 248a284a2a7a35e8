// Elementwise ops: `apply` gives the value, `pull` the gradients of the operands from the values and the gradient `g`.
//
// Written once for numbers and for lanes. `pull` gets the result `y` too, so that exp, tanh, sqrt reuse it.
#pragma once
#include <type_traits>  // is_integral_v

#include <clipt/core/scalar_math.hpp>  // exp, where, rounded_to, ... of numbers

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

// A NaN is neither kept out nor let in: it stays. Its gradient is PyTorch's, that of the comparisons below.

/// Ties go to the first operand; beside a NaN both get the gradient.
struct minimum {
  static constexpr const char* name = "min";
  template <class T>
  CLIPT_HD static T apply(T a, T b) {
    return where(b < a || b != b, b, a);
  }
  template <class T>
  CLIPT_HD static void pull(T a, T b, T, T g, T& ga, T& gb) {
    ga = where(b < a, T(0), g);
    gb = where(a <= b, T(0), g);
  }
};

/// Ties go to the first operand; beside a NaN both get the gradient.
struct maximum {
  static constexpr const char* name = "max";
  template <class T>
  CLIPT_HD static T apply(T a, T b) {
    return where(a < b || b != b, b, a);
  }
  template <class T>
  CLIPT_HD static void pull(T a, T b, T, T g, T& ga, T& gb) {
    ga = where(a < b, T(0), g);
    gb = where(b <= a, T(0), g);
  }
};

/// x held in [low, high], `high` where low > high; no gradient outside nor of a NaN.
struct clamp {
  static constexpr const char* name = "clamp";
  double low, high;
  template <class T>
  CLIPT_HD T apply(T x) const {
    return minimum::apply(maximum::apply(x, T(low)), T(high));
  }
  template <class T>
  CLIPT_HD void pull(T x, T, T g, T& gx) const {
    gx = where(T(low) <= x && x <= T(high), g, T(0));
  }
};

/// Gradient 0 at 0.
struct absolute {
  static constexpr const char* name = "abs";
  template <class T>
  CLIPT_HD static T apply(T x) {
    return abs(x);
  }
  template <class T>
  CLIPT_HD static void pull(T x, T, T g, T& gx) {
    gx = g * where(x < T(0), T(-1), where(T(0) < x, T(1), T(0)));
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
/// give; NaN for x < 0 and other exponents.
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
    if (!whole) return exp(T(e) * log(x));
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

/// a where the mask is not 0, b elsewhere.
struct select {
  static constexpr const char* name = "where";
  template <class T>
  CLIPT_HD static T apply(T mask, T a, T b) {
    return where(mask == T(0), b, a);
  }
  template <class T>
  CLIPT_HD static void pull(T mask, T, T, T, T g, T& gm, T& ga, T& gb) {
    gm = T(0);
    ga = where(mask == T(0), T(0), g);
    gb = where(mask == T(0), g, T(0));
  }
};

struct less {
  template <class T>
  CLIPT_HD static auto holds(T a, T b) {
    return a < b;
  }
};
struct less_equal {
  template <class T>
  CLIPT_HD static auto holds(T a, T b) {
    return a <= b;
  }
};
struct equal {
  template <class T>
  CLIPT_HD static auto holds(T a, T b) {
    return a == b;
  }
};

/// 1 where the relation holds, 0 elsewhere; no gradient.
template <class Relation>
struct compare {
  static constexpr const char* name = "comparison";
  template <class T>
  CLIPT_HD static T apply(T a, T b) {
    return where(Relation::holds(a, b), T(1), T(0));
  }
  template <class T>
  CLIPT_HD static void pull(T, T, T, T, T& ga, T& gb) {
    ga = T(0);
    gb = T(0);
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
