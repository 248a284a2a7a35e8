// Lanes as the columns of an expression: how rows are read, written and swept on the CPU.
#pragma once
#include <algorithm>    // min
#include <cstring>      // memcpy
#include <limits>       // infinity
#include <type_traits>  // integral_constant

#include <clipt/core/dtype.hpp>          // compute_t
#include <clipt/eval/lanes.hpp>          // lanes
#include <clipt/eval/lanes_convert.hpp>  // load_as, store_as
#include <clipt/eval/lanes_std.hpp>      // exp, sin, ... of lanes
#include <clipt/expr/trace.hpp>          // columns_of

namespace clipt::inline CLIPT_BUILD {

/// All columns of a lanes<T>: the count of the fast path.
template <class T>
using all_columns = std::integral_constant<int, lanes<T>::width>;

template <class T>
struct columns_of<lanes<T>> {
  using L = lanes<T>;

  template <class U>
  [[gnu::always_inline]] static L read(const U* p, all_columns<T>) {
    return load_as<T>(p);
  }
  template <class U>
  [[gnu::always_inline]] static L read(const U* p, int count) {
    return load_partial_as<T>(p, count);
  }
  template <class U>
  [[gnu::always_inline]] static void write(U* p, const L& value, all_columns<T>) {
    store_as(p, value);
  }
  template <class U>
  [[gnu::always_inline]] static void write(U* p, const L& value, int count) {
    store_partial_as(p, value, count);
  }
  /// Adds to sums that are held in double: half a register of floats at a time, which become a register of doubles.
  [[gnu::always_inline]] static void add(double* p, const L& value, all_columns<T>) {
    constexpr int n = lanes<double>::width;
    using narrow __attribute__((vector_size(n * sizeof(T)))) = T;
    using wide __attribute__((vector_size(n * sizeof(double)))) = double;
    T values[L::width];
    store(values, value);
    for (int i = 0; i < L::width; i += n) {
      narrow own;
      wide sums;
      std::memcpy(&own, values + i, sizeof(own));
      std::memcpy(&sums, p + i, sizeof(sums));
      sums += __builtin_convertvector(own, wide);
      std::memcpy(p + i, &sums, sizeof(sums));
    }
  }
  [[gnu::always_inline]] static void add(double* p, const L& value, int count) {
    T values[L::width];
    store(values, value);
    for (int i = 0; i < count; ++i) p[i] += static_cast<double>(values[i]);
  }
  /// The value with its columns from `count` on set to zero, whatever they hold.
  [[gnu::always_inline]] static L keep(const L& value, all_columns<T>) { return value; }
  static L keep(const L& value, int count) {
    T kept[L::width];
    store_partial(kept, value, count);
    return load_partial(kept, count);
  }
  template <class Rule>
  static L generate(const Rule& rule, dim_t row, dim_t column, dim_t columns) {
    T values[L::width];
    for (int i = 0; i < L::width; ++i) values[i] = static_cast<T>(rule.at(row, column + i, columns));
    return load(values);
  }
};

/// Each lane as U holds it.
template <class U, class T>
[[gnu::always_inline]] inline lanes<T> rounded_to(const lanes<T>& x) {
  if constexpr (std::is_same_v<U, T> || std::is_same_v<U, double>) {
    return x;
  } else {
    U values[lanes<T>::width];
    store_as(static_cast<U*>(values), x);
    return load_as<T>(static_cast<const U*>(values));
  }
}

namespace on_cpu {

/// Calls `f(column, count)` over [begin, end) in steps of a lanes<T>; the last count may be smaller.
template <class T, class F>
[[gnu::always_inline]] inline void for_columns(dim_t begin, dim_t end, F&& f) {
  dim_t column = begin;
  for (; column + lanes<T>::width <= end; column += lanes<T>::width) f(column, all_columns<T>{});
  if (column < end) f(column, static_cast<int>(end - column));
}

/// Adds values pairwise in the order in which they come: none passes more than log2(n) + 1 additions.
template <class L>
class pairwise_sum {
 public:
  [[gnu::always_inline]] void add(L value) {
    int level = 0;
    for (dim_t n = count_++; n % 2 == 1; n /= 2) value = level_[level++] + value;
    level_[level] = value;
  }
  L value() const {
    L total(0);
    int level = 0;
    for (dim_t n = count_; n > 0; n /= 2, ++level)
      if (n % 2 == 1) total = level_[level] + total;
    return total;
  }

 private:
  dim_t count_ = 0;
  L level_[48];  // level_[k]: the sum of 2^k values
};

/// The sum of `f(column, count)`, lanes that are zero beyond `count`, over columns [begin, end).
///
/// Four strands that need not wait for each other, in blocks of 16 lanes; blocks and what is left are summed pairwise.
template <class T, class Sum = lanes<T>, class F>
[[gnu::always_inline]] inline Sum sum_lanes(dim_t begin, dim_t end, F&& f) {
  constexpr dim_t width = lanes<T>::width;
  constexpr all_columns<T> all;
  pairwise_sum<Sum> total;
  dim_t column = begin;
  while (end - column >= 4 * width) {
    Sum first(0), second(0), third(0), fourth(0);
    const dim_t stop = std::min(end - 4 * width, column + 12 * width);
    for (; column <= stop; column += 4 * width) {
      first = first + f(column, all);
      second = second + f(column + width, all);
      third = third + f(column + 2 * width, all);
      fourth = fourth + f(column + 3 * width, all);
    }
    total.add((first + second) + (third + fourth));
  }
  for_columns<T>(column, end, [&](dim_t c, auto count) { total.add(f(c, count)); });
  return total.value();
}

/// The same as one number.
template <class T, class F>
[[gnu::always_inline]] inline T sum_columns(dim_t begin, dim_t end, F&& f) {
  return sum(sum_lanes<T>(begin, end, f));
}

/// The sum of a row in a fixed order.
template <class T>
T row_sum(const T* x, dim_t n) {
  return sum_columns<T>(0, n, [&](dim_t c, auto count) { return columns_of<lanes<T>>::read(x + c, count); });
}

/// The sum of products of two rows in a fixed order.
template <class T>
T row_dot(const T* x, const T* y, dim_t n) {
  using access = columns_of<lanes<T>>;
  return sum_columns<T>(0, n,
                        [&](dim_t c, auto count) { return access::read(x + c, count) * access::read(y + c, count); });
}

/// The largest element of a row, minus infinity of none; unspecified where one is NaN.
template <class T>
T row_peak(const T* x, dim_t n) {
  constexpr dim_t width = lanes<T>::width;
  lanes<T> first(-std::numeric_limits<T>::infinity()), second = first, third = first, fourth = first;
  dim_t column = 0;
  for (; column + 4 * width <= n; column += 4 * width) {
    first = peak(first, load_as<T>(x + column));
    second = peak(second, load_as<T>(x + column + width));
    third = peak(third, load_as<T>(x + column + 2 * width));
    fourth = peak(fourth, load_as<T>(x + column + 3 * width));
  }
  lanes<T> largest = peak(peak(first, second), peak(third, fourth));
  for_columns<T>(column, n, [&](dim_t c, auto count) {
    const auto value = columns_of<lanes<T>>::read(x + c, count);
    if constexpr (std::is_same_v<decltype(count), int>) {
      for (int i = 0; i < count; ++i) largest = peak(largest, lanes<T>(value[i]));
    } else {
      largest = peak(largest, value);
    }
  });
  return peak(largest);
}

/// The largest element of a row, minus infinity of none, NaN where one is NaN.
template <class T>
T row_max(const T* x, dim_t n) {
  lanes<T> unordered(0);
  for_columns<T>(0, n, [&](dim_t c, auto count) {
    const auto value = columns_of<lanes<T>>::read(x + c, count);
    unordered = where(value != value, value, unordered);
  });
  const T odd = sum(unordered);
  return odd != odd ? odd : row_peak(x, n);
}

}  // namespace on_cpu

}  // namespace clipt::inline CLIPT_BUILD
