// Elementwise ops that choose: comparisons, masks, and the smaller, the larger or the absolute of numbers.
#pragma once
#include <clipt/core/scalar_math.hpp>  // where, abs of numbers

namespace clipt::inline CLIPT_BUILD::ops {

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
struct not_equal {
  template <class T>
  CLIPT_HD static auto holds(T a, T b) {
    return !(a == b);
  }
};
struct both {
  template <class T>
  CLIPT_HD static auto holds(T a, T b) {
    return !(a == T(0)) && !(b == T(0));
  }
};
struct either {
  template <class T>
  CLIPT_HD static auto holds(T a, T b) {
    return !(a == T(0) && b == T(0));
  }
};

/// 1 where the relation holds, 0 elsewhere; no gradient.
template <class Relation>
struct compare {
  static constexpr const char* name = "comparison";
  static constexpr bool takes_integers = true;  // of 32 bits at most, which a double holds exactly
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

/// 1 where x is 0, 0 elsewhere; no gradient.
struct negation {
  static constexpr const char* name = "operator!";
  static constexpr bool takes_integers = true;
  template <class T>
  CLIPT_HD static T apply(T x) {
    return where(x == T(0), T(1), T(0));
  }
  template <class T>
  CLIPT_HD static void pull(T, T, T, T& gx) {
    gx = T(0);
  }
};

}  // namespace clipt::inline CLIPT_BUILD::ops
