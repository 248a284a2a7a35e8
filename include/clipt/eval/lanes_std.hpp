// Functions of lanes that are the standard library's, lane by lane: right for all arguments, and no faster than one.
#pragma once
#include <cmath>  // sin, cos, tan, atan, expm1, log2, pow

#include <clipt/eval/lanes_math.hpp>  // lanes, each_lane

namespace clipt::inline CLIPT_BUILD {

template <class T>
lanes<T> sin(const lanes<T>& x) {
  return detail::each_lane(x, [](T v) { return std::sin(v); });
}
template <class T>
lanes<T> cos(const lanes<T>& x) {
  return detail::each_lane(x, [](T v) { return std::cos(v); });
}
template <class T>
lanes<T> tan(const lanes<T>& x) {
  return detail::each_lane(x, [](T v) { return std::tan(v); });
}
template <class T>
lanes<T> atan(const lanes<T>& x) {
  return detail::each_lane(x, [](T v) { return std::atan(v); });
}
template <class T>
lanes<T> expm1(const lanes<T>& x) {
  return detail::each_lane(x, [](T v) { return std::expm1(v); });
}
template <class T>
lanes<T> log2(const lanes<T>& x) {
  return detail::each_lane(x, [](T v) { return std::log2(v); });
}
template <class T>
lanes<T> rint(const lanes<T>& x) {
  return detail::each_lane(x, [](T v) { return std::rint(v); });
}
template <class T>
lanes<T> pow(const lanes<T>& x, const lanes<T>& e) {
  T powers[lanes<T>::width], exponents[lanes<T>::width];
  store(powers, x);
  store(exponents, e);
  for (int i = 0; i < lanes<T>::width; ++i) powers[i] = std::pow(powers[i], exponents[i]);
  return load(static_cast<const T*>(powers));
}

}  // namespace clipt::inline CLIPT_BUILD
