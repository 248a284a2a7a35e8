// A register of floats or doubles as one value: arithmetic, comparison, selection, loads and stores.
#pragma once

#include <concepts>  // std::floating_point, std::integral
#include <cstdint>   // std::int32_t and its relatives
#include <cstring>   // std::memcpy
#include <utility>   // std::integer_sequence

#include <clipt/core/bfloat16.hpp>      // bfloat16
#include <clipt/eval/lanes_native.hpp>  // lane_vector, minimum, maximum, partial loads

namespace clipt::inline CLIPT_BUILD {

// Everything here is forced inline and takes references: a register in a function's signature would make the calling
// convention depend on the -march option (which GCC and Clang warn about), and a call would cost more than the work.

/// The outcome of comparing lanes<T>: one truth value per lane.
template <class T>
class lanes_mask {
 public:
  using bits_type = decltype(typename detail::lane_vector<T>::values{} < typename detail::lane_vector<T>::values{});

  lanes_mask() = default;
  [[gnu::always_inline]] explicit lanes_mask(const bits_type& bits) : bits_(bits) {}

  /// All bits of a lane are set or none is.
  [[gnu::always_inline]] const bits_type& bits() const { return bits_; }
  [[gnu::always_inline]] bool operator[](int lane) const { return bits_[lane] != 0; }

  [[gnu::always_inline]] friend lanes_mask operator&&(const lanes_mask& a, const lanes_mask& b) {
    return lanes_mask(a.bits_ & b.bits_);
  }
  [[gnu::always_inline]] friend lanes_mask operator||(const lanes_mask& a, const lanes_mask& b) {
    return lanes_mask(a.bits_ | b.bits_);
  }
  [[gnu::always_inline]] friend lanes_mask operator!(const lanes_mask& a) { return lanes_mask(~a.bits_); }

 private:
  bits_type bits_;
};

/// As many numbers of type T (float or double) as a register holds, with the arithmetic of a single number.
///
/// An op written as a template on its value type runs on lanes as on a float; `a < b` gives a lanes_mask for where().
/// A number takes part in mixed forms and is converted to T first: `2 * x`, `x + 0.5`, `x > 0`.
template <class T>
class lanes {
 public:
  using value_type = T;
  using vector_type = typename detail::lane_vector<T>::values;
  using mask_type = lanes_mask<T>;

  static constexpr int width = detail::register_bytes / static_cast<int>(sizeof(T));

  lanes() = default;
  /// The same value in every lane. Not as 0 + value, which would lose the sign of -0.
  [[gnu::always_inline]] explicit lanes(T value) : vector_(value - vector_type{}) {}
  [[gnu::always_inline]] explicit lanes(const vector_type& vector) : vector_(vector) {}

  [[gnu::always_inline]] const vector_type& vector() const { return vector_; }
  [[gnu::always_inline]] T operator[](int lane) const { return vector_[lane]; }

  [[gnu::always_inline]] lanes operator-() const { return lanes(-vector_); }
  [[gnu::always_inline]] lanes operator+() const { return *this; }

  [[gnu::always_inline]] friend lanes operator+(const lanes& a, const lanes& b) { return lanes(a.vector_ + b.vector_); }
  [[gnu::always_inline]] friend lanes operator-(const lanes& a, const lanes& b) { return lanes(a.vector_ - b.vector_); }
  [[gnu::always_inline]] friend lanes operator*(const lanes& a, const lanes& b) { return lanes(a.vector_ * b.vector_); }
  [[gnu::always_inline]] friend lanes operator/(const lanes& a, const lanes& b) { return lanes(a.vector_ / b.vector_); }

  [[gnu::always_inline]] friend lanes operator+(const lanes& a, T b) { return a + lanes(b); }
  [[gnu::always_inline]] friend lanes operator-(const lanes& a, T b) { return a - lanes(b); }
  [[gnu::always_inline]] friend lanes operator*(const lanes& a, T b) { return a * lanes(b); }
  [[gnu::always_inline]] friend lanes operator/(const lanes& a, T b) { return a / lanes(b); }
  [[gnu::always_inline]] friend lanes operator+(T a, const lanes& b) { return lanes(a) + b; }
  [[gnu::always_inline]] friend lanes operator-(T a, const lanes& b) { return lanes(a) - b; }
  [[gnu::always_inline]] friend lanes operator*(T a, const lanes& b) { return lanes(a) * b; }
  [[gnu::always_inline]] friend lanes operator/(T a, const lanes& b) { return lanes(a) / b; }

  [[gnu::always_inline]] lanes& operator+=(const lanes& b) { return *this = *this + b; }
  [[gnu::always_inline]] lanes& operator-=(const lanes& b) { return *this = *this - b; }
  [[gnu::always_inline]] lanes& operator*=(const lanes& b) { return *this = *this * b; }
  [[gnu::always_inline]] lanes& operator/=(const lanes& b) { return *this = *this / b; }
  [[gnu::always_inline]] lanes& operator+=(T b) { return *this = *this + lanes(b); }
  [[gnu::always_inline]] lanes& operator-=(T b) { return *this = *this - lanes(b); }
  [[gnu::always_inline]] lanes& operator*=(T b) { return *this = *this * lanes(b); }
  [[gnu::always_inline]] lanes& operator/=(T b) { return *this = *this / lanes(b); }

  [[gnu::always_inline]] friend mask_type operator<(const lanes& a, const lanes& b) {
    return mask_type(a.vector_ < b.vector_);
  }
  [[gnu::always_inline]] friend mask_type operator>(const lanes& a, const lanes& b) {
    return mask_type(a.vector_ > b.vector_);
  }
  [[gnu::always_inline]] friend mask_type operator<=(const lanes& a, const lanes& b) {
    return mask_type(a.vector_ <= b.vector_);
  }
  [[gnu::always_inline]] friend mask_type operator>=(const lanes& a, const lanes& b) {
    return mask_type(a.vector_ >= b.vector_);
  }
  [[gnu::always_inline]] friend mask_type operator==(const lanes& a, const lanes& b) {
    return mask_type(a.vector_ == b.vector_);
  }
  [[gnu::always_inline]] friend mask_type operator!=(const lanes& a, const lanes& b) {
    return mask_type(a.vector_ != b.vector_);
  }

  [[gnu::always_inline]] friend mask_type operator<(const lanes& a, T b) { return a < lanes(b); }
  [[gnu::always_inline]] friend mask_type operator>(const lanes& a, T b) { return a > lanes(b); }
  [[gnu::always_inline]] friend mask_type operator<=(const lanes& a, T b) { return a <= lanes(b); }
  [[gnu::always_inline]] friend mask_type operator>=(const lanes& a, T b) { return a >= lanes(b); }
  [[gnu::always_inline]] friend mask_type operator==(const lanes& a, T b) { return a == lanes(b); }
  [[gnu::always_inline]] friend mask_type operator!=(const lanes& a, T b) { return a != lanes(b); }

  /// `a` in the lanes where the mask holds, else `b`.
  [[gnu::always_inline]] friend lanes where(const mask_type& mask, const lanes& a, const lanes& b) {
    return lanes(mask.bits() ? a.vector_ : b.vector_);
  }
  [[gnu::always_inline]] friend lanes where(const mask_type& mask, const lanes& a, T b) {
    return where(mask, a, lanes(b));
  }
  [[gnu::always_inline]] friend lanes where(const mask_type& mask, T a, const lanes& b) {
    return where(mask, lanes(a), b);
  }

  /// The smaller of two, lane by lane; the first where they are unordered, so that min(x, limit) keeps the NaN of x.
  [[gnu::always_inline]] friend lanes min(const lanes& a, const lanes& b) {
    return lanes(detail::native_min(a.vector_, b.vector_));
  }
  [[gnu::always_inline]] friend lanes min(const lanes& a, T b) { return min(a, lanes(b)); }
  [[gnu::always_inline]] friend lanes min(T a, const lanes& b) { return min(lanes(a), b); }

  /// The larger of two, lane by lane; the first where they are unordered, so that max(x, limit) keeps the NaN of x.
  [[gnu::always_inline]] friend lanes max(const lanes& a, const lanes& b) {
    return lanes(detail::native_max(a.vector_, b.vector_));
  }
  [[gnu::always_inline]] friend lanes max(const lanes& a, T b) { return max(a, lanes(b)); }
  [[gnu::always_inline]] friend lanes max(T a, const lanes& b) { return max(lanes(a), b); }

  /// a * b + c, in one rounding where the machine has it. Clang contracts only within one expression, so this is one.
  [[gnu::always_inline]] friend lanes mul_add(const lanes& a, const lanes& b, const lanes& c) {
    return lanes(a.vector_ * b.vector_ + c.vector_);
  }

 private:
  vector_type vector_;
};

// ---------------------------------------------------------------------------------------------------------------------
// Loads and stores. Addresses need only the alignment of T.

/// lanes<T>::width values from `source` on.
template <std::floating_point T>
[[gnu::always_inline]] inline lanes<T> load(const T* source) {
  typename lanes<T>::vector_type vector;
  std::memcpy(&vector, source, sizeof(vector));
  return lanes<T>(vector);
}

/// Writes all lanes to `target` on.
template <std::floating_point T>
[[gnu::always_inline]] inline void store(T* target, const lanes<T>& value) {
  std::memcpy(target, &value.vector(), sizeof(value.vector()));
}

/// The first `count` lanes (0 to width) from `source` on, the others zero; touches no memory beyond them.
template <std::floating_point T>
[[gnu::always_inline]] inline lanes<T> load_partial(const T* source, int count) {
  return lanes<T>(detail::native_load(source, count));
}

/// Writes the first `count` lanes (0 to width) to `target` on; touches no memory beyond them.
template <std::floating_point T>
[[gnu::always_inline]] inline void store_partial(T* target, const lanes<T>& value, int count) {
  detail::native_store(target, value.vector(), count);
}

namespace detail {

template <class U, int Count>
struct packed {
  using type __attribute__((vector_size(Count * sizeof(U)))) = U;
};

/// Integers that hardware converts; GCC 12 takes them apart when the width changes by more than a factor of 2 at once.
template <class T, class U>
[[gnu::always_inline]] inline lanes<T> load_integers(const U* source) {
  constexpr int width = lanes<T>::width;
  typename packed<U, width>::type values;
  std::memcpy(&values, source, sizeof(values));
  if constexpr (sizeof(U) == 1) {
    const auto twice = __builtin_convertvector(values, typename packed<std::int16_t, width>::type);
    const auto four_times = __builtin_convertvector(twice, typename packed<std::int32_t, width>::type);
    return lanes<T>(__builtin_convertvector(four_times, typename lanes<T>::vector_type));
  } else {
    return lanes<T>(__builtin_convertvector(values, typename lanes<T>::vector_type));
  }
}

using unsigned_bits = packed<std::uint32_t, lanes<float>::width>::type;
using half_bits = packed<std::uint16_t, lanes<float>::width>::type;

[[gnu::always_inline]] inline lanes<float> load_bfloat16(const bfloat16* source) {
  half_bits halves;
  std::memcpy(&halves, source, sizeof(halves));
  const unsigned_bits bits = __builtin_convertvector(halves, unsigned_bits) << 16;
  return lanes<float>(reinterpret_cast<float_vector>(bits));
}

// The rounding of bfloat16(float), for all lanes.
[[gnu::always_inline]] inline void store_bfloat16(bfloat16* target, const lanes<float>& value) {
  const unsigned_bits bits = reinterpret_cast<unsigned_bits>(value.vector());
  const unsigned_bits rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const unsigned_bits result = (value != value).bits() ? ((bits >> 16) | 0x40u) : rounded;
  const half_bits halves = __builtin_convertvector(result, half_bits);
  std::memcpy(static_cast<void*>(target), &halves, sizeof(halves));
}

}  // namespace detail

/// As load(), converting from another storage type (an integer, a 16-bit float) by static_cast<T>.
template <std::floating_point T, class U>
[[gnu::always_inline]] inline lanes<T> load_as(const U* source) {
  if constexpr (std::same_as<T, U>) {
    return load(source);
  } else if constexpr (std::same_as<T, float> && std::same_as<U, bfloat16>) {
    return detail::load_bfloat16(source);
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

/// As store(), converting to another storage type by static_cast<U>; an integer must be able to hold the value.
template <class U, std::floating_point T>
[[gnu::always_inline]] inline void store_as(U* target, const lanes<T>& value) {
  if constexpr (std::same_as<T, U>) {
    store(target, value);
  } else if constexpr (std::same_as<T, float> && std::same_as<U, bfloat16>) {
    detail::store_bfloat16(target, value);
  } else {
    for (int i = 0; i < lanes<T>::width; ++i) target[i] = static_cast<U>(value[i]);
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

/// 0, 1, 2, ... width - 1.
template <std::floating_point T>
[[gnu::always_inline]] inline lanes<T> lane_indices() {
  T values[lanes<T>::width];
  for (int i = 0; i < lanes<T>::width; ++i) values[i] = static_cast<T>(i);
  return load(static_cast<const T*>(values));
}

// ---------------------------------------------------------------------------------------------------------------------
// Over the lanes of one value.

namespace detail {

// Combines lanes that are Distance apart, then Distance / 2 apart, down to 1; lane 0 has seen all of them then.
// The order is fixed by the width alone, so that a sum has the same bits on every run.
template <int Distance, class T, class Combine, int... Lane>
[[gnu::always_inline]] inline T fold_lanes(const lanes<T>& value, Combine combine,
                                           std::integer_sequence<int, Lane...> every) {
  if constexpr (Distance == 0) {
    return value[0];
  } else {
    constexpr int width = lanes<T>::width;
#ifdef __CUDACC__  // nvcc 13 loses the expansion of the pack on its way to the host compiler
    typename lanes<T>::vector_type turned;
    ((turned[Lane] = value[(Lane + Distance) % width]), ...);
#else
    const auto turned = __builtin_shufflevector(value.vector(), value.vector(), ((Lane + Distance) % width)...);
#endif
    return fold_lanes<Distance / 2>(combine(value, lanes<T>(turned)), combine, every);
  }
}

template <class T, class Combine>
[[gnu::always_inline]] inline T fold_lanes(const lanes<T>& value, Combine combine) {
  constexpr int width = lanes<T>::width;
  return fold_lanes<width / 2>(value, combine, std::make_integer_sequence<int, width>{});
}

}  // namespace detail

/// The sum over the lanes, in a fixed pairwise order.
template <std::floating_point T>
[[gnu::always_inline]] inline T sum(const lanes<T>& value) {
  return detail::fold_lanes(value, [](const auto& a, const auto& b) { return a + b; });
}

/// The largest lane; unspecified if a lane is NaN.
template <std::floating_point T>
[[gnu::always_inline]] inline T max(const lanes<T>& value) {
  return detail::fold_lanes(value, [](const auto& a, const auto& b) { return max(a, b); });
}

/// The smallest lane; unspecified if a lane is NaN.
template <std::floating_point T>
[[gnu::always_inline]] inline T min(const lanes<T>& value) {
  return detail::fold_lanes(value, [](const auto& a, const auto& b) { return min(a, b); });
}

/// Whether the mask holds in any lane.
template <std::floating_point T>
[[gnu::always_inline]] inline bool any(const lanes_mask<T>& mask) {
  return max(where(mask, lanes<T>(T(1)), lanes<T>(T(0)))) > T(0);
}

/// Whether the mask holds in every lane.
template <std::floating_point T>
[[gnu::always_inline]] inline bool all(const lanes_mask<T>& mask) {
  return !any(!mask);
}

}  // namespace clipt::inline CLIPT_BUILD
