// The positions of a row's elements by their size on the CPU.
#pragma once
#include <algorithm>  // copy, partial_sort
#include <cstdint>    // int32_t
#include <numeric>    // iota

#include <clipt/eval/cpu_row_kernels.hpp>  // cpu_rule
#include <clipt/eval/thread_buffer.hpp>    // thread_buffer

namespace clipt::inline CLIPT_BUILD {

namespace on_cpu {

/// The first `count` positions; equal elements stay in their order, and NaN is the largest.
template <class C>
struct order_rule {
  static constexpr int saved = ops::row_order::saved_per_row;
  dim_t count;
  bool largest_first;

  void forward(const C* x, dim_t n, std::int32_t* y, C*, dim_t) const {
    struct positions;
    std::int32_t* const all = thread_buffer<positions, std::int32_t>(n);
    std::iota(all, all + n, 0);
    const auto below = [](C a, C b) { return a < b || (b != b && a == a); };
    std::partial_sort(all, all + count, all + n, [&](std::int32_t i, std::int32_t k) {
      const bool first = largest_first ? below(x[k], x[i]) : below(x[i], x[k]);
      const bool second = largest_first ? below(x[i], x[k]) : below(x[k], x[i]);
      return first || (!second && i < k);
    });
    std::copy(all, all + count, y);
  }
};

}  // namespace on_cpu

template <class C>
struct cpu_rule<ops::row_order, C> : on_cpu::order_rule<C> {};

}  // namespace clipt::inline CLIPT_BUILD
