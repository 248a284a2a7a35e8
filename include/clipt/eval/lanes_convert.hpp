// Loads and stores of lanes that convert from and to other types: integers, 16-bit floats, bits.
#pragma once

#include <bit>       // bit_cast
#include <concepts>  // floating_point, integral, same_as
#include <cstdint>   // int32_t and its relatives
#include <cstring>   // memcpy

#include <clipt/core/bfloat16.hpp>       // bfloat16
#include <clipt/core/scalar_math.hpp>    // to_element
#include <clipt/eval/lanes.hpp>          // lanes
#include <clipt/eval/lanes_partial.hpp>  // load_partial, store_partial

namespace clipt::inline CLIPT_BUILD {

namespace detail {

// Eigen 3.4 converts between floats and 32-bit integers alone; the compilers' own vectors have all widths.
template <class U, int Count>
struct packed {
  using type __attribute__((vector_size(Count * sizeof(U)))) = U;
};

using unsigned_bits = packed<std::uint32_t, lanes<float>::width>::type;
using half_bits = packed<std::uint16_t, lanes<float>::width>::type;

[[gnu::always_inline]] inline unsigned_bits to_bits(const lanes<float>& x) {
  return std::bit_cast<unsigned_bits>(x.packet());
}
template <class T, class Vector>
[[gnu::always_inline]] inline lanes<T> as_lanes(const Vector& vector) {
  return lanes<T>(std::bit_cast<typename lanes<T>::packet_type>(vector));
}

/// Integers that hardware converts; GCC 12 takes them apart when the width changes by more than a factor of 2 at once.
template <class T, class U>
[[gnu::always_inline]] inline lanes<T> load_integers(const U* source) {
  constexpr int width = lanes<T>::width;
  using floats = typename packed<T, width>::type;
  typename packed<U, width>::type values;
  std::memcpy(&values, source, sizeof(values));
  if constexpr (sizeof(U) == 1) {
    const auto twice = __builtin_convertvector(values, typename packed<std::int16_t, width>::type);
    const auto four_times = __builtin_convertvector(twice, typename packed<std::int32_t, width>::type);
    return as_lanes<T>(__builtin_convertvector(four_times, floats));
  } else {
    return as_lanes<T>(__builtin_convertvector(values, floats));
  }
}

[[gnu::always_inline]] inline lanes<float> load_bfloat16(const bfloat16* source) {
  half_bits halves;
  std::memcpy(&halves, source, sizeof(halves));
  const unsigned_bits bits = __builtin_convertvector(halves, unsigned_bits) << 16;
  return as_lanes<float>(bits);
}

// The rounding of bfloat16(float), for all lanes.
[[gnu::always_inline]] inline void store_bfloat16(bfloat16* target, const lanes<float>& value) {
  const unsigned_bits bits = to_bits(value);
  const unsigned_bits rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const unsigned_bits result = (bits & 0x7fffffffu) > 0x7f800000u ? ((bits >> 16) | 0x40u) : rounded;  // NaN stays NaN
  const half_bits halves = __builtin_convertvector(result, half_bits);
  std::memcpy(static_cast<void*>(target), &halves, sizeof(halves));
}

using floats = packed<float, lanes<double>::width>::type;
using doubles = packed<double, lanes<double>::width>::type;

[[gnu::always_inline]] inline lanes<double> load_floats(const float* source) {
  floats values;
  std::memcpy(&values, source, sizeof(values));
  return as_lanes<double>(__builtin_convertvector(values, doubles));
}
[[gnu::always_inline]] inline void store_floats(float* target, const lanes<double>& value) {
  const floats values = __builtin_convertvector(std::bit_cast<doubles>(value.packet()), floats);
  std::memcpy(target, &values, sizeof(values));
}

}  // namespace detail

/// As load(), converting from another storage type (an integer, a 16-bit float) by static_cast<T>.
template <std::floating_point T, class U>
[[gnu::always_inline]] inline lanes<T> load_as(const U* source) {
  if constexpr (std::same_as<T, U>) {
    return load(source);
  } else if constexpr (std::same_as<T, float> && std::same_as<U, bfloat16>) {
    return detail::load_bfloat16(source);
  } else if constexpr (std::same_as<T, double> && std::same_as<U, float>) {
    return detail::load_floats(source);
  } else if constexpr (std::integral<U> && !std::same_as<U, bool>) {
    return detail::load_integers<T>(source);
  } else {
    T values[lanes<T>::width];
    for (int i = 0; i < lanes<T>::width; ++i) values[i] = static_cast<T>(source[i]);
    return load(static_cast<const T*>(values));
  }
}

/// As load_partial(), converting from another storage type.
template <std::floating_point T, class U>
[[gnu::always_inline]] inline lanes<T> load_partial_as(const U* source, int count) {
  if constexpr (std::same_as<T, U>) {
    return load_partial(source, count);
  } else {
    U values[lanes<T>::width] = {};
    for (int i = 0; i < count; ++i) values[i] = source[i];
    return load_as<T>(static_cast<const U*>(values));
  }
}

/// As store(), converting to another storage type as to_element does.
template <class U, std::floating_point T>
[[gnu::always_inline]] inline void store_as(U* target, const lanes<T>& value) {
  if constexpr (std::same_as<T, U>) {
    store(target, value);
  } else if constexpr (std::same_as<T, float> && std::same_as<U, bfloat16>) {
    detail::store_bfloat16(target, value);
  } else if constexpr (std::same_as<T, double> && std::same_as<U, float>) {
    detail::store_floats(target, value);
  } else {
    for (int i = 0; i < lanes<T>::width; ++i) target[i] = to_element<U>(value[i]);
  }
}

/// As store_partial(), converting to another storage type.
template <class U, std::floating_point T>
[[gnu::always_inline]] inline void store_partial_as(U* target, const lanes<T>& value, int count) {
  if constexpr (std::same_as<T, U>) {
    store_partial(target, value, count);
  } else {
    U values[lanes<T>::width];
    store_as(static_cast<U*>(values), value);
    for (int i = 0; i < count; ++i) target[i] = values[i];
  }
}

}  // namespace clipt::inline CLIPT_BUILD
