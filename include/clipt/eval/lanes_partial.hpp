// Tails of rows: loads and stores of the first lanes alone. Eigen 3.4 has them for floats with AVX-512 only.
#pragma once

#include <concepts>  // floating_point
#include <cstdint>   // int32_t

#include <clipt/eval/lanes.hpp>  // lanes, load, store

#if defined(EIGEN_VECTORIZE_AVX)
#include <immintrin.h>  // masked loads and stores
#endif

namespace clipt::inline CLIPT_BUILD {

namespace detail {

#if defined(EIGEN_VECTORIZE_AVX512)

[[gnu::always_inline]] inline lanes<float> first_lanes(const float* source, int count) {
  return lanes<float>(_mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1u), source));
}
[[gnu::always_inline]] inline lanes<double> first_lanes(const double* source, int count) {
  return lanes<double>(_mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << count) - 1u), source));
}
[[gnu::always_inline]] inline void put_first_lanes(float* target, const lanes<float>& value, int count) {
  _mm512_mask_storeu_ps(target, static_cast<__mmask16>((1u << count) - 1u), value.packet());
}
[[gnu::always_inline]] inline void put_first_lanes(double* target, const lanes<double>& value, int count) {
  _mm512_mask_storeu_pd(target, static_cast<__mmask8>((1u << count) - 1u), value.packet());
}

#elif defined(EIGEN_VECTORIZE_AVX)

// A window of one register that begins `words` entries before the middle has its first `words` words set.
inline constexpr std::int32_t mask_window[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

[[gnu::always_inline]] inline __m256i first_words(int words) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(mask_window + 8 - words));
}
[[gnu::always_inline]] inline lanes<float> first_lanes(const float* source, int count) {
  return lanes<float>(_mm256_maskload_ps(source, first_words(count)));
}
[[gnu::always_inline]] inline lanes<double> first_lanes(const double* source, int count) {
  return lanes<double>(_mm256_maskload_pd(source, first_words(2 * count)));
}
[[gnu::always_inline]] inline void put_first_lanes(float* target, const lanes<float>& value, int count) {
  _mm256_maskstore_ps(target, first_words(count), value.packet());
}
[[gnu::always_inline]] inline void put_first_lanes(double* target, const lanes<double>& value, int count) {
  _mm256_maskstore_pd(target, first_words(2 * count), value.packet());
}

#else

template <class T>
[[gnu::always_inline]] inline lanes<T> first_lanes(const T* source, int count) {
  T values[lanes<T>::width] = {};
  for (int i = 0; i < count; ++i) values[i] = source[i];
  return load(static_cast<const T*>(values));
}
template <class T>
[[gnu::always_inline]] inline void put_first_lanes(T* target, const lanes<T>& value, int count) {
  for (int i = 0; i < count; ++i) target[i] = value[i];
}

#endif

}  // namespace detail

/// The first `count` lanes (0 to width) from `source` on, the others zero; touches no memory beyond them.
template <std::floating_point T>
[[gnu::always_inline]] inline lanes<T> load_partial(const T* source, int count) {
  return detail::first_lanes(source, count);
}

/// Writes the first `count` lanes (0 to width) to `target` on; touches no memory beyond them.
template <std::floating_point T>
[[gnu::always_inline]] inline void store_partial(T* target, const lanes<T>& value, int count) {
  detail::put_first_lanes(target, value, count);
}

}  // namespace clipt::inline CLIPT_BUILD
