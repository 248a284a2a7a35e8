// A register of floats or doubles as one value: Eigen's packets with the arithmetic of a single number.
#pragma once

#include <bit>          // bit_cast
#include <concepts>     // floating_point
#include <cstdint>      // uint32_t, uint64_t
#include <cstring>      // memcpy
#include <limits>       // quiet_NaN
#include <type_traits>  // conditional_t, is_same_v

#include <clipt/core/config.hpp>          // CLIPT_BUILD
#include <clipt/eval/cpu_eigen_core.hpp>  // Eigen's packets

#ifdef __CUDACC__
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675  // GCC's unroll, which nvcc hands on to GCC
#endif
#pragma GCC diagnostic push
#if defined(__GNUC__) && !defined(__clang__)  // that __m256 as a template argument is aligned for vectors matters not
#pragma GCC diagnostic ignored "-Wignored-attributes"
#endif

namespace clipt::inline CLIPT_BUILD {

// Everything here is forced inline and takes references: a register in a function's signature would make the calling
// convention depend on the -march option (which GCC and Clang warn about), and a call would cost more than the work.
// Eigen::internal appears in this header alone.

namespace detail {

/// As many T as Eigen puts into a register; one T on a machine whose registers Eigen does not know.
template <class T>
using packet = typename Eigen::internal::packet_traits<T>::type;

/// Comparisons of packets, and what their outcomes are good for.
template <class T>
struct comparison {
  using P = packet<T>;
#ifdef EIGEN_VECTORIZE_AVX512
  // Eigen 3.4 writes the outcome to a vector register and brings it back to a mask register for a selection: four
  // instructions where the compiler's own comparison takes two (docs/numerics.md).
  using bits = decltype(P{} < P{});
  [[gnu::always_inline]] static bits less(const P& a, const P& b) { return a < b; }
  [[gnu::always_inline]] static bits less_equal(const P& a, const P& b) { return a <= b; }
  [[gnu::always_inline]] static bits equal(const P& a, const P& b) { return a == b; }
  [[gnu::always_inline]] static bits both(const bits& a, const bits& b) { return a & b; }
  [[gnu::always_inline]] static bits either(const bits& a, const bits& b) { return a | b; }
  [[gnu::always_inline]] static bits opposite(const bits& a) { return ~a; }
  [[gnu::always_inline]] static P select(const bits& mask, const P& a, const P& b) { return mask ? a : b; }
  [[gnu::always_inline]] static P min(const P& a, const P& b) { return b == b ? Eigen::internal::pmin(a, b) : b; }
  [[gnu::always_inline]] static P max(const P& a, const P& b) { return b == b ? Eigen::internal::pmax(a, b) : b; }
#else
  using bits = P;
  [[gnu::always_inline]] static bits less(const P& a, const P& b) { return Eigen::internal::pcmp_lt(a, b); }
  [[gnu::always_inline]] static bits less_equal(const P& a, const P& b) { return Eigen::internal::pcmp_le(a, b); }
  [[gnu::always_inline]] static bits equal(const P& a, const P& b) { return Eigen::internal::pcmp_eq(a, b); }
  [[gnu::always_inline]] static bits both(const bits& a, const bits& b) { return Eigen::internal::pand(a, b); }
  [[gnu::always_inline]] static bits either(const bits& a, const bits& b) { return Eigen::internal::por(a, b); }
  [[gnu::always_inline]] static bits opposite(const bits& a) {
    return Eigen::internal::pxor(a, Eigen::internal::ptrue(a));
  }
  [[gnu::always_inline]] static P select(const bits& mask, const P& a, const P& b) {
    return Eigen::internal::pselect(mask, a, b);
  }
  [[gnu::always_inline]] static P min(const P& a, const P& b) {
    return Eigen::internal::pmin<Eigen::PropagateNaN>(a, b);
  }
  [[gnu::always_inline]] static P max(const P& a, const P& b) {
    return Eigen::internal::pmax<Eigen::PropagateNaN>(a, b);
  }
#endif
};

template <class P>
[[gnu::always_inline]] inline P packet_root(const P& x) {
  return Eigen::internal::psqrt(x);
}

/// The smaller and the larger of two; a NaN of the first is kept. On x86 Eigen's plain functions do that, in one
/// instruction; elsewhere those that keep the NaN of either take no more.
template <class P>
[[gnu::always_inline]] inline P smaller(const P& a, const P& b) {
#ifdef EIGEN_VECTORIZE_SSE
  return Eigen::internal::pmin(a, b);
#else
  return Eigen::internal::pmin<Eigen::PropagateNaN>(a, b);
#endif
}
template <class P>
[[gnu::always_inline]] inline P larger(const P& a, const P& b) {
#ifdef EIGEN_VECTORIZE_SSE
  return Eigen::internal::pmax(a, b);
#else
  return Eigen::internal::pmax<Eigen::PropagateNaN>(a, b);
#endif
}

}  // namespace detail

/// The outcome of comparing lanes<T>: one truth value per lane.
template <class T>
class lanes_mask {
  using rules = detail::comparison<T>;

 public:
  /// All bits of a lane are set or none is.
  using bits_type = typename rules::bits;

  lanes_mask() = default;
  [[gnu::always_inline]] explicit lanes_mask(const bits_type& bits) : bits_(bits) {}

  [[gnu::always_inline]] const bits_type& bits() const { return bits_; }
  [[gnu::always_inline]] bool operator[](int lane) const {
    std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t> bits;
    std::memcpy(&bits, reinterpret_cast<const char*>(&bits_) + lane * static_cast<int>(sizeof(T)), sizeof(T));
    return bits != 0;
  }

  /// Refused with a sentence: one `if` for several numbers.
  template <std::same_as<bool> Bool>
  operator Bool() const {
    static_assert(!std::is_same_v<Bool, bool>,
                  "clipt: an op computes several numbers at once, of which a comparison is no bool; write where(a < b, "
                  "x, y)");
    return false;
  }

  [[gnu::always_inline]] friend lanes_mask operator&&(const lanes_mask& a, const lanes_mask& b) {
    return lanes_mask(rules::both(a.bits_, b.bits_));
  }
  [[gnu::always_inline]] friend lanes_mask operator||(const lanes_mask& a, const lanes_mask& b) {
    return lanes_mask(rules::either(a.bits_, b.bits_));
  }
  [[gnu::always_inline]] friend lanes_mask operator!(const lanes_mask& a) {
    return lanes_mask(rules::opposite(a.bits_));
  }

 private:
  bits_type bits_;
};

/// As many numbers of type T (float or double) as a register holds, with the arithmetic of a single number.
///
/// An op written as a template on its value type runs on lanes as on a float; `a < b` gives a lanes_mask for where().
/// A number takes part in mixed forms and is converted to T first: `2 * x`, `x + 0.5`, `x > 0`.
template <class T>
class lanes {
  using rules = detail::comparison<T>;

 public:
  using value_type = T;
  using packet_type = detail::packet<T>;
  using mask_type = lanes_mask<T>;

  static constexpr int width = Eigen::internal::packet_traits<T>::size;

  lanes() = default;
  /// The same value in every lane.
  [[gnu::always_inline]] explicit lanes(T value) : packet_(Eigen::internal::pset1<packet_type>(value)) {}
  [[gnu::always_inline]] explicit lanes(const packet_type& packet) requires(!std::is_same_v<packet_type, T>)
      : packet_(packet) {}

  [[gnu::always_inline]] const packet_type& packet() const { return packet_; }
  [[gnu::always_inline]] T operator[](int lane) const {
    T value;
    std::memcpy(&value, reinterpret_cast<const char*>(&packet_) + lane * static_cast<int>(sizeof(T)), sizeof(T));
    return value;
  }

  /// Not by pnegate, which for Eigen 3.4 with AVX is 0 - x: the wrong zero.
  [[gnu::always_inline]] lanes operator-() const { return lanes(T(-0.0)) - *this; }
  [[gnu::always_inline]] lanes operator+() const { return *this; }

  [[gnu::always_inline]] friend lanes operator+(const lanes& a, const lanes& b) {
    return lanes(Eigen::internal::padd(a.packet_, b.packet_));
  }
  [[gnu::always_inline]] friend lanes operator-(const lanes& a, const lanes& b) {
    return lanes(Eigen::internal::psub(a.packet_, b.packet_));
  }
  [[gnu::always_inline]] friend lanes operator*(const lanes& a, const lanes& b) {
    return lanes(Eigen::internal::pmul(a.packet_, b.packet_));
  }
  [[gnu::always_inline]] friend lanes operator/(const lanes& a, const lanes& b) {
    return lanes(Eigen::internal::pdiv(a.packet_, b.packet_));
  }

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
    return mask_type(rules::less(a.packet_, b.packet_));
  }
  [[gnu::always_inline]] friend mask_type operator>(const lanes& a, const lanes& b) { return b < a; }
  [[gnu::always_inline]] friend mask_type operator<=(const lanes& a, const lanes& b) {
    return mask_type(rules::less_equal(a.packet_, b.packet_));
  }
  [[gnu::always_inline]] friend mask_type operator>=(const lanes& a, const lanes& b) { return b <= a; }
  [[gnu::always_inline]] friend mask_type operator==(const lanes& a, const lanes& b) {
    return mask_type(rules::equal(a.packet_, b.packet_));
  }
  [[gnu::always_inline]] friend mask_type operator!=(const lanes& a, const lanes& b) { return !(a == b); }

  [[gnu::always_inline]] friend mask_type operator<(const lanes& a, T b) { return a < lanes(b); }
  [[gnu::always_inline]] friend mask_type operator>(const lanes& a, T b) { return a > lanes(b); }
  [[gnu::always_inline]] friend mask_type operator<=(const lanes& a, T b) { return a <= lanes(b); }
  [[gnu::always_inline]] friend mask_type operator>=(const lanes& a, T b) { return a >= lanes(b); }
  [[gnu::always_inline]] friend mask_type operator==(const lanes& a, T b) { return a == lanes(b); }
  [[gnu::always_inline]] friend mask_type operator!=(const lanes& a, T b) { return a != lanes(b); }

  /// `a` in the lanes where the mask holds, else `b`.
  [[gnu::always_inline]] friend lanes where(const mask_type& mask, const lanes& a, const lanes& b) {
    return lanes(rules::select(mask.bits(), a.packet_, b.packet_));
  }
  [[gnu::always_inline]] friend lanes where(const mask_type& mask, const lanes& a, T b) {
    return where(mask, a, lanes(b));
  }
  [[gnu::always_inline]] friend lanes where(const mask_type& mask, T a, const lanes& b) {
    return where(mask, lanes(a), b);
  }

  /// The smaller of two, lane by lane; NaN where either is.
  [[gnu::always_inline]] friend lanes min(const lanes& a, const lanes& b) {
    return lanes(rules::min(a.packet_, b.packet_));
  }
  [[gnu::always_inline]] friend lanes min(const lanes& a, T b) {
    return b == b ? lanes(detail::smaller(a.packet_, lanes(b).packet_)) : lanes(b);
  }
  [[gnu::always_inline]] friend lanes min(T a, const lanes& b) { return min(b, a); }

  /// The larger of two, lane by lane; NaN where either is.
  [[gnu::always_inline]] friend lanes max(const lanes& a, const lanes& b) {
    return lanes(rules::max(a.packet_, b.packet_));
  }
  [[gnu::always_inline]] friend lanes max(const lanes& a, T b) {
    return b == b ? lanes(detail::larger(a.packet_, lanes(b).packet_)) : lanes(b);
  }
  [[gnu::always_inline]] friend lanes max(T a, const lanes& b) { return max(b, a); }

  /// The larger of two, lane by lane; unspecified where one is NaN.
  [[gnu::always_inline]] friend lanes peak(const lanes& a, const lanes& b) {
    return lanes(detail::larger(a.packet_, b.packet_));
  }

  /// a * b + c, in one rounding where the machine has it.
  [[gnu::always_inline]] friend lanes mul_add(const lanes& a, const lanes& b, const lanes& c) {
    return lanes(Eigen::internal::pmadd(a.packet_, b.packet_, c.packet_));
  }

 private:
  packet_type packet_;
};

// ---------------------------------------------------------------------------------------------------------------------
// Loads and stores. Addresses need only the alignment of T.

/// lanes<T>::width values from `source` on.
template <std::floating_point T>
[[gnu::always_inline]] inline lanes<T> load(const T* source) {
  return lanes<T>(Eigen::internal::ploadu<typename lanes<T>::packet_type>(source));
}

/// Writes all lanes to `target` on.
template <std::floating_point T>
[[gnu::always_inline]] inline void store(T* target, const lanes<T>& value) {
  Eigen::internal::pstoreu(target, value.packet());
}

/// 0, 1, 2, ... width - 1.
template <std::floating_point T>
[[gnu::always_inline]] inline lanes<T> lane_indices() {
  return lanes<T>(Eigen::internal::plset<typename lanes<T>::packet_type>(T(0)));
}

// ---------------------------------------------------------------------------------------------------------------------
// Over the lanes of one value; over a square of them: lanes_square.hpp.

/// The sum over the lanes, by pairs in a fixed order.
template <std::floating_point T>
[[gnu::always_inline]] inline T sum(const lanes<T>& value) {
  return Eigen::internal::predux(value.packet());
}

/// Whether the mask holds in any lane.
template <std::floating_point T>
[[gnu::always_inline]] inline bool any(const lanes_mask<T>& mask) {
  return Eigen::internal::predux_any(std::bit_cast<detail::packet<T>>(mask.bits()));
}

/// Whether the mask holds in every lane.
template <std::floating_point T>
[[gnu::always_inline]] inline bool all(const lanes_mask<T>& mask) {
  return !any(!mask);
}

/// The largest lane; NaN if any is.
template <std::floating_point T>
[[gnu::always_inline]] inline T max(const lanes<T>& value) {
  return any(value != value) ? std::numeric_limits<T>::quiet_NaN() : Eigen::internal::predux_max(value.packet());
}

/// The largest lane; unspecified if any is NaN.
template <std::floating_point T>
[[gnu::always_inline]] inline T peak(const lanes<T>& value) {
  return Eigen::internal::predux_max(value.packet());
}

/// The smallest lane; NaN if any is.
template <std::floating_point T>
[[gnu::always_inline]] inline T min(const lanes<T>& value) {
  return any(value != value) ? std::numeric_limits<T>::quiet_NaN() : Eigen::internal::predux_min(value.packet());
}

// ---------------------------------------------------------------------------------------------------------------------
// Functions that Eigen computes exactly; the others are in lanes_math.hpp.

/// |x|; clears the sign of -0 and of NaN.
template <std::floating_point T>
[[gnu::always_inline]] inline lanes<T> abs(const lanes<T>& x) {
  return lanes<T>(Eigen::internal::pabs(x.packet()));
}

/// The largest integer not above x.
template <std::floating_point T>
[[gnu::always_inline]] inline lanes<T> floor(const lanes<T>& x) {
  const lanes<T> below(Eigen::internal::pfloor(x.packet()));
#if defined(EIGEN_VECTORIZE_SSE) && !defined(EIGEN_VECTORIZE_SSE4_1)  // Eigen 3.4 loses the sign of -0 there
  return lanes<T>(Eigen::internal::por(below.packet(), Eigen::internal::pand(x.packet(), lanes<T>(T(-0.0)).packet())));
#else
  return below;
#endif
}

}  // namespace clipt::inline CLIPT_BUILD

#pragma GCC diagnostic pop
#ifdef __CUDACC__
#pragma nv_diagnostic pop
#endif
