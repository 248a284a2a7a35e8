// bundle: some values of different types, reached by position; what nodes, cursors and traces are made of.
#pragma once
#include <utility>  // make_integer_sequence

#include <clipt/core/config.hpp>  // CLIPT_HD

namespace clipt::inline CLIPT_BUILD {

/// The numbers of the members of a bundle.
template <int... I>
using positions = std::integer_sequence<int, I...>;

namespace detail {

template <int I, class T>
struct bundled {
#ifndef __CUDACC__  // nvcc 13 cannot lay out bases with such a member
  [[no_unique_address]]
#endif
  T value;
};

// Bases instead of std::tuple: an aggregate, trivial to copy into a tape or a GPU kernel, and cheap to compile.
template <class Positions, class... T>
struct bundle_of;
template <int... I, class... T>
struct bundle_of<positions<I...>, T...> : bundled<I, T>... {};

}  // namespace detail

/// `bundle<A, B>{{a}, {b}}`; functions deduce the positions from `detail::bundle_of<positions<I...>, T...>`.
template <class... T>
using bundle = detail::bundle_of<std::make_integer_sequence<int, sizeof...(T)>, T...>;

/// The I-th value of a bundle.
template <int I, class T>
CLIPT_HD constexpr T& at(detail::bundled<I, T>& p) {
  return p.value;
}
template <int I, class T>
CLIPT_HD constexpr const T& at(const detail::bundled<I, T>& p) {
  return p.value;
}

/// The bundle of f(value), from left to right.
template <int... I, class... T, class F>
CLIPT_HD constexpr auto map_bundle(const detail::bundle_of<positions<I...>, T...>& p, F&& f) {
  return bundle<decltype(f(at<I>(p)))...>{{f(at<I>(p))}...};
}

/// f(values...).
template <int... I, class... T, class F>
CLIPT_HD constexpr auto apply_bundle(const detail::bundle_of<positions<I...>, T...>& p, F&& f) {
  return f(at<I>(p)...);
}

}  // namespace clipt::inline CLIPT_BUILD
