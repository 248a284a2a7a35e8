// Elementary functions of lanes: exp, log, log1p, tanh, erf, sigmoid, sqrt, rsqrt, square.
#pragma once

#include <cmath>    // the double versions, lane by lane
#include <cstdint>  // std::int32_t, std::uint32_t
#include <limits>   // infinity, quiet_NaN, min

#include <clipt/eval/lanes.hpp>          // lanes, mul_add, where, abs
#include <clipt/eval/lanes_convert.hpp>  // packed, unsigned_bits, to_bits, as_lanes

#if defined(EIGEN_VECTORIZE_SSE)
#include <immintrin.h>  // square roots
#endif

namespace clipt::inline CLIPT_BUILD {

// Floats are computed without branches and without tables: an argument reduction that is exact or nearly so, and a
// polynomial. All coefficients are our own: minimax fits in relative error by the Remez exchange at 60 decimal digits,
// then rounded to float. The largest errors beside each function were measured against double over the bit patterns,
// with and without fused multiply-add (tests/eval/lanes_math_test.cpp). The additions of "magic" numbers must not be
// reassociated: do not compile with -ffast-math. Doubles go through std lane by lane: they serve oracles, which want
// the last bit rather than speed.

namespace detail {

// Bits are unsigned: signed ones would overflow on patterns that mean nothing, such as those of a NaN.
using signed_bits = packed<std::int32_t, lanes<float>::width>::type;

[[gnu::always_inline]] inline signed_bits signed_shift_right(const unsigned_bits& bits, int places) {
  return reinterpret_cast<signed_bits>(bits) >> places;
}

inline constexpr std::uint32_t sign_bit = 0x80000000u;

[[gnu::always_inline]] inline lanes<float> copy_sign(const lanes<float>& magnitude, const lanes<float>& sign) {
  return as_lanes<float>((to_bits(magnitude) & ~sign_bit) | (to_bits(sign) & sign_bit));
}

/// c + c1 x + c2 x^2 + ... by Horner's rule; a recursion, because GCC leaves short loops rolled at -O2.
template <class... Floats>
[[gnu::always_inline]] inline lanes<float> polynomial(const lanes<float>& x, float c, Floats... higher) {
  if constexpr (sizeof...(higher) == 0) {
    return lanes<float>(c);
  } else {
    return mul_add(polynomial(x, higher...), x, lanes<float>(c));
  }
}

/// exp(x) = 2^exponent (1 + fraction), with |fraction| < 0.42; right to the last bit for small x too, as expm1 is.
struct split_exp {
  lanes<float> fraction;
  unsigned_bits exponent;  // modulo 2^32

  // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits; it would fail above 2^22: the callers clamp.
  [[gnu::always_inline]] explicit split_exp(const lanes<float>& x) {
    constexpr float magic = 12582912.0f;
    const lanes<float> shifted = mul_add(x, lanes<float>(1.44269504f), lanes<float>(magic));
    const lanes<float> n = shifted - magic;
    exponent = to_bits(shifted) - to_bits(lanes<float>(magic));
    // ln 2 in two parts, the first with 16 significant bits, so that n times it is exact even without a fused multiply.
    lanes<float> r = mul_add(n, lanes<float>(-0.693145751953125f), x);
    r = mul_add(n, lanes<float>(-1.42860677e-6f), r);
    // (exp(r) - 1 - r) / r^2 on |r| <= ln(2) / 2, error 2^-28.3 of exp(r).
    const lanes<float> q =
        polynomial(r, 4.999999341e-01f, 1.666652011e-01f, 4.166839395e-02f, 8.368780538e-03f, 1.381448164e-03f);
    fraction = mul_add(r * r, q, r);
  }
};

/// 2^n for n in -127 to 127, where -127 gives 0.
[[gnu::always_inline]] inline lanes<float> power_of_two(const unsigned_bits& n) {
  return as_lanes<float>((n + 127u) << 23);
}

/// exp(x) for x <= 0; 0 below -87.68, where exp would be denormal.
[[gnu::always_inline]] inline lanes<float> exp_nonpositive(const lanes<float>& x) {
  const split_exp e(max(x, -88.0f));
  const lanes<float> scale = power_of_two(e.exponent);
  return mul_add(e.fraction, scale, scale);
}

template <class P>
[[gnu::always_inline]] inline P root(const P& x) {
  return packet_root(x);
}
// On x86 Eigen 3.4 estimates roots of floats, and of doubles with AVX-512: up to 2 ulp, and 0 for denormals.
#if defined(EIGEN_VECTORIZE_AVX512)
// The masked forms with a full mask: the plain ones make GCC 12 warn of an uninitialized value in its own header.
[[gnu::always_inline]] inline __m512 root(const __m512& x) { return _mm512_maskz_sqrt_ps(0xffff, x); }
[[gnu::always_inline]] inline __m512d root(const __m512d& x) { return _mm512_maskz_sqrt_pd(0xff, x); }
#elif defined(EIGEN_VECTORIZE_AVX)
[[gnu::always_inline]] inline __m256 root(const __m256& x) { return _mm256_sqrt_ps(x); }
#elif defined(EIGEN_VECTORIZE_SSE)
[[gnu::always_inline]] inline __m128 root(const __m128& x) { return _mm_sqrt_ps(x); }
#endif

/// Applies a function of numbers to each lane.
template <class T, class Function>
[[gnu::always_inline]] inline lanes<T> each_lane(const lanes<T>& x, Function f) {
  T values[lanes<T>::width];
  store(values, x);
  for (T& value : values) value = f(value);
  return load(static_cast<const T*>(values));
}

}  // namespace detail

/// x * x.
template <class T>
[[gnu::always_inline]] inline lanes<T> square(const lanes<T>& x) {
  return x * x;
}

/// The square root, correctly rounded; NaN below 0.
template <class T>
[[gnu::always_inline]] inline lanes<T> sqrt(const lanes<T>& x) {
  return lanes<T>(detail::root(x.packet()));
}

/// 1 / sqrt(x) by a true division, not an estimate; inf at 0, NaN below.
template <class T>
[[gnu::always_inline]] inline lanes<T> rsqrt(const lanes<T>& x) {
  return T(1) / sqrt(x);
}

/// e^x: inf above 88.72, 0 below -103.97. Float: within 0.99 ulp.
[[gnu::always_inline]] inline lanes<float> exp(const lanes<float>& x) {
  const detail::split_exp e(max(min(x, 89.0f), -104.0f));
  // 2^n in two factors, for n = 128 (inf) and n < -126 (denormal) have no float of their own.
  const auto half = reinterpret_cast<detail::unsigned_bits>(detail::signed_shift_right(e.exponent, 1));
  return (e.fraction + 1.0f) * detail::power_of_two(half) * detail::power_of_two(e.exponent - half);
}
[[gnu::always_inline]] inline lanes<double> exp(const lanes<double>& x) {
  return detail::each_lane(x, [](double v) { return std::exp(v); });
}

/// The natural logarithm: -inf at 0, NaN below. Float: within 0.81 ulp.
[[gnu::always_inline]] inline lanes<float> log(const lanes<float>& x) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  // x = 2^n (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)); denormals are scaled up first.
  const auto denormal = x < std::numeric_limits<float>::min();
  const detail::unsigned_bits bits = detail::to_bits(where(denormal, x * 8388608.0f, x));
  const detail::signed_bits exponent = detail::signed_shift_right(bits - 0x3f3504f3u, 23);  // the bits of sqrt(1/2)
  const lanes<float> f =
      detail::as_lanes<float>(bits - (reinterpret_cast<detail::unsigned_bits>(exponent) << 23)) - 1.0f;
  const lanes<float> n =
      detail::as_lanes<float>(__builtin_convertvector(exponent, detail::packed<float, lanes<float>::width>::type)) -
      where(denormal, lanes<float>(23.0f), lanes<float>(0.0f));
  // log(1 + f) = f - f^2 / 2 + f^3 p(f).
  const lanes<float> p =
      detail::polynomial(f, 3.333331260e-01f, -2.500000960e-01f, 2.000211866e-01f, -1.666799585e-01f, 1.421955240e-01f,
                         -1.240558899e-01f, 1.188816207e-01f, -1.167565131e-01f, 6.746640306e-02f);
  const lanes<float> square_f = f * f;
  lanes<float> tail = mul_add(n, lanes<float>(1.42860677e-6f), square_f * f * p);
  tail = mul_add(square_f, lanes<float>(-0.5f), tail);
  const lanes<float> y = mul_add(n, lanes<float>(0.693145751953125f), f + tail);
  // What is left are zero, negative numbers, and infinity and NaN, which stay as they are.
  const lanes<float> outside = where(x < 0.0f, lanes<float>(std::numeric_limits<float>::quiet_NaN()), x);
  return where(x > 0.0f && x < infinity, y, where(x == 0.0f, lanes<float>(-infinity), outside));
}
[[gnu::always_inline]] inline lanes<double> log(const lanes<double>& x) {
  return detail::each_lane(x, [](double v) { return std::log(v); });
}

/// log(1 + x), accurate near 0: -inf at -1, NaN below. Float: within 1.5 ulp.
[[gnu::always_inline]] inline lanes<float> log1p(const lanes<float>& x) {
  // u = fl(1 + x) misses 1 + x by c, which is exact; log(u + c) = log(u) + c / u + ...
  const lanes<float> u = x + 1.0f;
  const lanes<float> c = where(abs(x) < 1.0f, x - (u - 1.0f), 1.0f - (u - x));
  const auto ordinary = u > 0.0f && u < std::numeric_limits<float>::infinity();
  const lanes<float> y = log(u) + where(ordinary, c / u, lanes<float>(0.0f));
  return where(abs(x) < 1e-8f, x, y);  // keeps -0
}
[[gnu::always_inline]] inline lanes<double> log1p(const lanes<double>& x) {
  return detail::each_lane(x, [](double v) { return std::log1p(v); });
}

/// The hyperbolic tangent. Float: within 2.5 ulp.
[[gnu::always_inline]] inline lanes<float> tanh(const lanes<float>& x) {
  // t / (t + 2) with t = exp(2|x|) - 1, which is accurate for small x as well; beyond 9.02 it is 1.
  const detail::split_exp e(2.0f * min(abs(x), 9.1f));
  const lanes<float> scale = detail::power_of_two(e.exponent);
  const lanes<float> t = mul_add(e.fraction, scale, scale - 1.0f);
  return detail::copy_sign(t / (t + 2.0f), x);
}
[[gnu::always_inline]] inline lanes<double> tanh(const lanes<double>& x) {
  return detail::each_lane(x, [](double v) { return std::tanh(v); });
}

/// The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. Float: within 1.6 ulp.
[[gnu::always_inline]] inline lanes<float> erf(const lanes<float>& x) {
  constexpr float border = 1.1f;
  // Up to the border x + x p(x^2), error 2^-27.8. Large x may overflow here; the selection drops that.
  const lanes<float> p = detail::polynomial(x * x, 1.283791621e-01f, -3.761260052e-01f, 1.128329176e-01f,
                                            -2.684144250e-02f, 5.164864071e-03f, -7.805798291e-04f, 7.188013146e-05f);
  const lanes<float> near = mul_add(x, p, x);
  // Beyond it 1 - exp(p(|x|)) with p = log(1 - erf), error 2^-26.7 of the result; from 3.92 on that is 1 in float.
  const lanes<float> a = min(abs(x), 4.0f);
  const lanes<float> rest =
      detail::exp_nonpositive(detail::polynomial(a, -3.675535321e-03f, -1.114173528e+00f, -6.586585279e-01f,
                                                 -8.602324421e-02f, 1.397718537e-02f, -1.054207138e-03f));
  return where(abs(x) < border, near, detail::copy_sign(1.0f - rest, x));
}
[[gnu::always_inline]] inline lanes<double> erf(const lanes<double>& x) {
  return detail::each_lane(x, [](double v) { return std::erf(v); });
}

/// The logistic function 1 / (1 + exp(-x)), in [0, 1]; exp is taken of -|x| alone, so that nothing overflows.
/// Float: within 2.3 ulp.
[[gnu::always_inline]] inline lanes<float> sigmoid(const lanes<float>& x) {
  const lanes<float> e = detail::exp_nonpositive(-abs(x));
  return where(x < 0.0f, e, lanes<float>(1.0f)) / (e + 1.0f);
}
[[gnu::always_inline]] inline lanes<double> sigmoid(const lanes<double>& x) {
  const lanes<double> e = exp(-abs(x));
  return where(x < 0.0, e, lanes<double>(1.0)) / (e + 1.0);
}

}  // namespace clipt::inline CLIPT_BUILD
