// A square of lanes turned: rows become columns.
#pragma once
#include <concepts>  // floating_point
#include <utility>   // integer_sequence

#include <clipt/eval/lanes.hpp>  // lanes

#ifdef __CUDACC__
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675  // GCC's unroll, which nvcc hands on to GCC
#endif
#pragma GCC diagnostic push
#if defined(__GNUC__) && !defined(__clang__)  // that __m256 as a template argument is aligned for vectors matters not
#pragma GCC diagnostic ignored "-Wignored-attributes"
#endif

namespace clipt::inline CLIPT_BUILD {

namespace detail {

// One round of the transposition: lanes and vectors exchange one bit of their numbers.
template <int Bit, class Packet, int... Lane>
[[gnu::always_inline]] inline void exchange(Packet& low, Packet& high, std::integer_sequence<int, Lane...>) {
  constexpr int lanes = sizeof...(Lane);
  const Packet x = low, y = high;
#ifdef __clang__
  low = __builtin_shufflevector(x, y, (Lane & Bit ? Lane - Bit + lanes : Lane)...);
  high = __builtin_shufflevector(x, y, (Lane & Bit ? Lane + lanes : Lane + Bit)...);
#else
  using index = decltype(x < y);  // nvcc loses a pack among the arguments of a builtin
  low = __builtin_shuffle(x, y, index{(Lane & Bit ? Lane - Bit + lanes : Lane)...});
  high = __builtin_shuffle(x, y, index{(Lane & Bit ? Lane + lanes : Lane + Bit)...});
#endif
}

template <int Bit, int Width, class Packet>
[[gnu::always_inline]] inline void exchange_all(Packet (&rows)[Width]) {
  if constexpr (Bit < Width) {
#pragma GCC unroll 16
    for (int i = 0; i < Width; ++i)
      if (!(i & Bit)) exchange<Bit>(rows[i], rows[i | Bit], std::make_integer_sequence<int, Width>());
    exchange_all<Bit * 2, Width>(rows);
  }
}

}  // namespace detail

/// Makes rows of columns: lane j of square[i] and lane i of square[j] change places. Not Eigen's `ptranspose`, which
/// takes 96 shuffles for 16 vectors of 16 where this takes 64.
template <std::floating_point T>
[[gnu::always_inline]] inline void transpose_square(lanes<T> (&square)[lanes<T>::width]) {
  if constexpr (lanes<T>::width > 1) {
    detail::packet<T> rows[lanes<T>::width];
#pragma GCC unroll 16
    for (int i = 0; i < lanes<T>::width; ++i) rows[i] = square[i].packet();
    detail::exchange_all<1, lanes<T>::width>(rows);
#pragma GCC unroll 16
    for (int i = 0; i < lanes<T>::width; ++i) square[i] = lanes<T>(rows[i]);
  }
}

}  // namespace clipt::inline CLIPT_BUILD

#pragma GCC diagnostic pop
#ifdef __CUDACC__
#pragma nv_diagnostic pop
#endif
