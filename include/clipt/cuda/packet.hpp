// Neighbouring elements as one value, so that a thread of the GPU reads and writes 16 bytes at a time.
//
// An op written as a template on its value type runs on a packet as on a float, and as on lanes on the CPU.
#pragma once
#include <cmath>        // functions of single numbers
#include <cstdint>      // uintptr_t
#include <type_traits>  // remove_const_t

#include <clipt/core/scalar_math.hpp>  // functions of single numbers
#include <clipt/expr/trace.hpp>        // columns_of

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// element[k] = f(k) for all k.
template <int V, class T, class F>
CLIPT_HD void fill_elements(T (&element)[V], F f) {
#ifdef __CUDA_ARCH__
#pragma unroll
#endif
  for (int k = 0; k < V; ++k) element[k] = f(k);
}

}  // namespace detail

/// The outcome of comparing packets: one truth value per element.
template <int V>
struct packet_mask {
  bool element[V];

  CLIPT_HD friend packet_mask operator&&(const packet_mask& a, const packet_mask& b) {
    return of([&](int k) { return a.element[k] && b.element[k]; });
  }
  CLIPT_HD friend packet_mask operator||(const packet_mask& a, const packet_mask& b) {
    return of([&](int k) { return a.element[k] || b.element[k]; });
  }
  CLIPT_HD friend packet_mask operator!(const packet_mask& a) {
    return of([&](int k) { return !a.element[k]; });
  }

  /// The mask of f(0), f(1), ...
  template <class F>
  CLIPT_HD static packet_mask of(F f) {
    packet_mask mask;
    detail::fill_elements(mask.element, f);
    return mask;
  }
};

/// V numbers of type C with the arithmetic of a single one; `a < b` gives a packet_mask for where().
template <class C, int V>
struct packet {
  using value_type = C;
  using mask = packet_mask<V>;

  C element[V];

  packet() = default;
  /// The same value in every place.
  CLIPT_HD explicit packet(C value) {
    for (int k = 0; k < V; ++k) element[k] = value;
  }

  /// The packet of f(0), f(1), ...
  template <class F>
  CLIPT_HD static packet of(F f) {
    packet out;
    detail::fill_elements(out.element, f);
    return out;
  }

  CLIPT_HD packet operator-() const {
    return of([&](int k) { return -element[k]; });
  }
  CLIPT_HD packet operator+() const { return *this; }

  CLIPT_HD friend packet operator+(const packet& a, const packet& b) {
    return of([&](int k) { return a.element[k] + b.element[k]; });
  }
  CLIPT_HD friend packet operator-(const packet& a, const packet& b) {
    return of([&](int k) { return a.element[k] - b.element[k]; });
  }
  CLIPT_HD friend packet operator*(const packet& a, const packet& b) {
    return of([&](int k) { return a.element[k] * b.element[k]; });
  }
  CLIPT_HD friend packet operator/(const packet& a, const packet& b) {
    return of([&](int k) { return a.element[k] / b.element[k]; });
  }
  CLIPT_HD friend packet operator+(const packet& a, C b) { return a + packet(b); }
  CLIPT_HD friend packet operator-(const packet& a, C b) { return a - packet(b); }
  CLIPT_HD friend packet operator*(const packet& a, C b) { return a * packet(b); }
  CLIPT_HD friend packet operator/(const packet& a, C b) { return a / packet(b); }
  CLIPT_HD friend packet operator+(C a, const packet& b) { return packet(a) + b; }
  CLIPT_HD friend packet operator-(C a, const packet& b) { return packet(a) - b; }
  CLIPT_HD friend packet operator*(C a, const packet& b) { return packet(a) * b; }
  CLIPT_HD friend packet operator/(C a, const packet& b) { return packet(a) / b; }
  CLIPT_HD packet& operator+=(const packet& b) { return *this = *this + b; }
  CLIPT_HD packet& operator-=(const packet& b) { return *this = *this - b; }
  CLIPT_HD packet& operator*=(const packet& b) { return *this = *this * b; }
  CLIPT_HD packet& operator/=(const packet& b) { return *this = *this / b; }

  CLIPT_HD friend mask operator<(const packet& a, const packet& b) {
    return mask::of([&](int k) { return a.element[k] < b.element[k]; });
  }
  CLIPT_HD friend mask operator<=(const packet& a, const packet& b) {
    return mask::of([&](int k) { return a.element[k] <= b.element[k]; });
  }
  CLIPT_HD friend mask operator==(const packet& a, const packet& b) {
    return mask::of([&](int k) { return a.element[k] == b.element[k]; });
  }
  CLIPT_HD friend mask operator>(const packet& a, const packet& b) { return b < a; }
  CLIPT_HD friend mask operator>=(const packet& a, const packet& b) { return b <= a; }
  CLIPT_HD friend mask operator!=(const packet& a, const packet& b) { return !(a == b); }
  CLIPT_HD friend mask operator<(const packet& a, C b) { return a < packet(b); }
  CLIPT_HD friend mask operator>(const packet& a, C b) { return a > packet(b); }
  CLIPT_HD friend mask operator<=(const packet& a, C b) { return a <= packet(b); }
  CLIPT_HD friend mask operator>=(const packet& a, C b) { return a >= packet(b); }
  CLIPT_HD friend mask operator==(const packet& a, C b) { return a == packet(b); }
  CLIPT_HD friend mask operator!=(const packet& a, C b) { return a != packet(b); }

  /// `a` where the mask holds, else `b`.
  CLIPT_HD friend packet where(const mask& m, const packet& a, const packet& b) {
    return of([&](int k) { return m.element[k] ? a.element[k] : b.element[k]; });
  }
  CLIPT_HD friend packet where(const mask& m, const packet& a, C b) { return where(m, a, packet(b)); }
  CLIPT_HD friend packet where(const mask& m, C a, const packet& b) { return where(m, packet(a), b); }
};

/// f of each number of a packet.
template <class C, int V, class F>
CLIPT_HD packet<C, V> each(const packet<C, V>& x, F f) {
  return packet<C, V>::of([&](int k) { return f(x.element[k]); });
}

/// The functions of scalar_math.hpp, number by number.
template <class C, int V>
CLIPT_HD packet<C, V> abs(const packet<C, V>& x) {
  return each(x, [](C v) { return abs(v); });
}
template <class C, int V>
CLIPT_HD packet<C, V> atan(const packet<C, V>& x) {
  return each(x, [](C v) { return atan(v); });
}
template <class C, int V>
CLIPT_HD packet<C, V> cos(const packet<C, V>& x) {
  return each(x, [](C v) { return cos(v); });
}
template <class C, int V>
CLIPT_HD packet<C, V> erf(const packet<C, V>& x) {
  return each(x, [](C v) { return erf(v); });
}
template <class C, int V>
CLIPT_HD packet<C, V> exp(const packet<C, V>& x) {
  return each(x, [](C v) { return exp(v); });
}
template <class C, int V>
CLIPT_HD packet<C, V> expm1(const packet<C, V>& x) {
  return each(x, [](C v) { return expm1(v); });
}
template <class C, int V>
CLIPT_HD packet<C, V> floor(const packet<C, V>& x) {
  return each(x, [](C v) { return floor(v); });
}
template <class C, int V>
CLIPT_HD packet<C, V> log(const packet<C, V>& x) {
  return each(x, [](C v) { return log(v); });
}
template <class C, int V>
CLIPT_HD packet<C, V> log1p(const packet<C, V>& x) {
  return each(x, [](C v) { return log1p(v); });
}
template <class C, int V>
CLIPT_HD packet<C, V> log2(const packet<C, V>& x) {
  return each(x, [](C v) { return log2(v); });
}
template <class C, int V>
CLIPT_HD packet<C, V> rint(const packet<C, V>& x) {
  return each(x, [](C v) { return rint(v); });
}
template <class C, int V>
CLIPT_HD packet<C, V> rsqrt(const packet<C, V>& x) {
  return each(x, [](C v) { return rsqrt(v); });
}
template <class C, int V>
CLIPT_HD packet<C, V> sigmoid(const packet<C, V>& x) {
  return each(x, [](C v) { return sigmoid(v); });
}
template <class C, int V>
CLIPT_HD packet<C, V> sin(const packet<C, V>& x) {
  return each(x, [](C v) { return sin(v); });
}
template <class C, int V>
CLIPT_HD packet<C, V> sqrt(const packet<C, V>& x) {
  return each(x, [](C v) { return sqrt(v); });
}
template <class C, int V>
CLIPT_HD packet<C, V> square(const packet<C, V>& x) {
  return x * x;
}
template <class C, int V>
CLIPT_HD packet<C, V> tan(const packet<C, V>& x) {
  return each(x, [](C v) { return tan(v); });
}
template <class C, int V>
CLIPT_HD packet<C, V> tanh(const packet<C, V>& x) {
  return each(x, [](C v) { return tanh(v); });
}
template <class U, class C, int V>
CLIPT_HD packet<C, V> rounded_to(const packet<C, V>& x) {
  return each(x, [](C v) { return rounded_to<U>(v); });
}
template <class C, int V>
CLIPT_HD packet<C, V> pow(const packet<C, V>& a, const packet<C, V>& b) {
  return packet<C, V>::of([&](int k) { return pow(a.element[k], b.element[k]); });
}
template <class C, int V>
CLIPT_HD packet<C, V> min(const packet<C, V>& a, const packet<C, V>& b) {
  return packet<C, V>::of([&](int k) { return min(a.element[k], b.element[k]); });
}
template <class C, int V>
CLIPT_HD packet<C, V> max(const packet<C, V>& a, const packet<C, V>& b) {
  return packet<C, V>::of([&](int k) { return max(a.element[k], b.element[k]); });
}
template <class C, int V>
CLIPT_HD packet<C, V> mul_add(const packet<C, V>& a, const packet<C, V>& b, const packet<C, V>& c) {
  return packet<C, V>::of([&](int k) { return mul_add(a.element[k], b.element[k], c.element[k]); });
}

namespace on_cuda {

/// V elements of memory as one object: 16 bytes of it are one access.
template <class T, int V>
struct alignas(sizeof(T) * V < 16 ? sizeof(T) * V : 16) stored_packet {
  T element[V];
};

/// How many elements of type T are one access of 16 bytes.
template <class T>
inline constexpr int packed_in = static_cast<int>(16 / sizeof(T));

/// Whether V elements from the pointer on can be one access.
template <int V, class T>
bool is_aligned(const T* p) {
  return reinterpret_cast<std::uintptr_t>(p) % alignof(stored_packet<std::remove_const_t<T>, V>) == 0;
}

}  // namespace on_cuda

template <class C, int V>
struct columns_of<packet<C, V>> {
  using L = packet<C, V>;

  template <class T, class Count>
  CLIPT_HD static L read(const T* p, Count) {
    const auto stored = *reinterpret_cast<const on_cuda::stored_packet<T, V>*>(p);
    return L::of([&](int k) { return static_cast<C>(stored.element[k]); });
  }
  template <class T, class Count>
  CLIPT_HD static void write(T* p, const L& value, Count) {
    on_cuda::stored_packet<T, V> stored;
    for (int k = 0; k < V; ++k) stored.element[k] = to_element<T>(value.element[k]);
    *reinterpret_cast<on_cuda::stored_packet<T, V>*>(p) = stored;
  }
  template <class Count>
  CLIPT_HD static void add(double* p, const L& value, Count) {
    for (int k = 0; k < V; ++k) p[k] += static_cast<double>(value.element[k]);
  }
  template <class Count>
  CLIPT_HD static L keep(const L& value, Count) {
    return value;
  }
  template <class Rule>
  CLIPT_HD static L generate(const Rule& rule, dim_t row, dim_t column, dim_t columns) {
    return L::of([&](int k) { return static_cast<C>(rule.at(row, column + k, columns)); });
  }
};

}  // namespace clipt::inline CLIPT_BUILD
