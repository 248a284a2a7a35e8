// The few operations on a register that GCC and Clang do not derive from vector arithmetic.
#pragma once

#include <cmath>    // std::sqrt, where there is no instruction
#include <cstdint>  // std::int32_t

#if defined(__SSE2__)
#include <immintrin.h>  // minimum, maximum, square root, masked loads

#include <clipt/core/config.hpp>  // CLIPT_BUILD
#endif

namespace clipt::inline CLIPT_BUILD::detail {

#if defined(__AVX512F__)
inline constexpr int register_bytes = 64;
#elif defined(__AVX__)
inline constexpr int register_bytes = 32;
#else
inline constexpr int register_bytes = 16;
#endif

// Vectors wider than a register are lowered badly (GCC takes them apart through memory): only this one size is used.
template <class T>
struct lane_vector;
template <>
struct lane_vector<float> {
  using values __attribute__((vector_size(register_bytes))) = float;
};
template <>
struct lane_vector<double> {
  using values __attribute__((vector_size(register_bytes))) = double;
};

using float_vector = lane_vector<float>::values;
using double_vector = lane_vector<double>::values;

// Minimum and maximum as in std: the first argument where the two are equal or unordered. The instructions return their
// *second* operand then, hence the swap. Without them GCC 12 emits a comparison and a blend.

#if defined(__AVX512F__)

// The masked forms with a full mask: the plain ones make GCC 12 warn of an uninitialized value in its own header.
inline constexpr __mmask16 every_float = 0xffff;
inline constexpr __mmask8 every_double = 0xff;

[[gnu::always_inline]] inline float_vector native_min(const float_vector& a, const float_vector& b) {
  return _mm512_maskz_min_ps(every_float, b, a);
}
[[gnu::always_inline]] inline float_vector native_max(const float_vector& a, const float_vector& b) {
  return _mm512_maskz_max_ps(every_float, b, a);
}
[[gnu::always_inline]] inline float_vector native_sqrt(const float_vector& a) {
  return _mm512_maskz_sqrt_ps(every_float, a);
}
[[gnu::always_inline]] inline double_vector native_min(const double_vector& a, const double_vector& b) {
  return _mm512_maskz_min_pd(every_double, b, a);
}
[[gnu::always_inline]] inline double_vector native_max(const double_vector& a, const double_vector& b) {
  return _mm512_maskz_max_pd(every_double, b, a);
}
[[gnu::always_inline]] inline double_vector native_sqrt(const double_vector& a) {
  return _mm512_maskz_sqrt_pd(every_double, a);
}

[[gnu::always_inline]] inline float_vector native_load(const float* source, int count) {
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1u), source);
}
[[gnu::always_inline]] inline double_vector native_load(const double* source, int count) {
  return _mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << count) - 1u), source);
}
[[gnu::always_inline]] inline void native_store(float* target, const float_vector& value, int count) {
  _mm512_mask_storeu_ps(target, static_cast<__mmask16>((1u << count) - 1u), value);
}
[[gnu::always_inline]] inline void native_store(double* target, const double_vector& value, int count) {
  _mm512_mask_storeu_pd(target, static_cast<__mmask8>((1u << count) - 1u), value);
}

#elif defined(__AVX__)

[[gnu::always_inline]] inline float_vector native_min(const float_vector& a, const float_vector& b) {
  return _mm256_min_ps(b, a);
}
[[gnu::always_inline]] inline float_vector native_max(const float_vector& a, const float_vector& b) {
  return _mm256_max_ps(b, a);
}
[[gnu::always_inline]] inline float_vector native_sqrt(const float_vector& a) { return _mm256_sqrt_ps(a); }
[[gnu::always_inline]] inline double_vector native_min(const double_vector& a, const double_vector& b) {
  return _mm256_min_pd(b, a);
}
[[gnu::always_inline]] inline double_vector native_max(const double_vector& a, const double_vector& b) {
  return _mm256_max_pd(b, a);
}
[[gnu::always_inline]] inline double_vector native_sqrt(const double_vector& a) { return _mm256_sqrt_pd(a); }

// A window of one register that begins `count` entries before the middle has its first `count` lanes set.
inline constexpr std::int32_t lane_window[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

[[gnu::always_inline]] inline __m256i first_lanes(int words) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(lane_window + 8 - words));
}
[[gnu::always_inline]] inline float_vector native_load(const float* source, int count) {
  return _mm256_maskload_ps(source, first_lanes(count));
}
[[gnu::always_inline]] inline double_vector native_load(const double* source, int count) {
  return _mm256_maskload_pd(source, first_lanes(2 * count));
}
[[gnu::always_inline]] inline void native_store(float* target, const float_vector& value, int count) {
  _mm256_maskstore_ps(target, first_lanes(count), value);
}
[[gnu::always_inline]] inline void native_store(double* target, const double_vector& value, int count) {
  _mm256_maskstore_pd(target, first_lanes(2 * count), value);
}

#else

#if defined(__SSE2__)
[[gnu::always_inline]] inline float_vector native_min(const float_vector& a, const float_vector& b) {
  return _mm_min_ps(b, a);
}
[[gnu::always_inline]] inline float_vector native_max(const float_vector& a, const float_vector& b) {
  return _mm_max_ps(b, a);
}
[[gnu::always_inline]] inline float_vector native_sqrt(const float_vector& a) { return _mm_sqrt_ps(a); }
[[gnu::always_inline]] inline double_vector native_min(const double_vector& a, const double_vector& b) {
  return _mm_min_pd(b, a);
}
[[gnu::always_inline]] inline double_vector native_max(const double_vector& a, const double_vector& b) {
  return _mm_max_pd(b, a);
}
[[gnu::always_inline]] inline double_vector native_sqrt(const double_vector& a) { return _mm_sqrt_pd(a); }
#else
template <class Vector>
[[gnu::always_inline]] inline Vector native_min(const Vector& a, const Vector& b) {
  return b < a ? b : a;
}
template <class Vector>
[[gnu::always_inline]] inline Vector native_max(const Vector& a, const Vector& b) {
  return b > a ? b : a;
}
template <class Vector>
[[gnu::always_inline]] inline Vector native_sqrt(Vector a) {
  for (unsigned i = 0; i < sizeof(a) / sizeof(a[0]); ++i) a[i] = std::sqrt(a[i]);
  return a;
}
#endif

template <class T>
[[gnu::always_inline]] inline typename lane_vector<T>::values native_load(const T* source, int count) {
  typename lane_vector<T>::values vector{};
  for (int i = 0; i < count; ++i) vector[i] = source[i];
  return vector;
}
template <class T>
[[gnu::always_inline]] inline void native_store(T* target, const typename lane_vector<T>::values& value, int count) {
  for (int i = 0; i < count; ++i) target[i] = value[i];
}

#endif

}  // namespace clipt::inline CLIPT_BUILD::detail
