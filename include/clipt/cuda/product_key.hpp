// A matrix product as a library of products sees it: what a plan is made for, once, and kept under.
#pragma once
#include <algorithm>  // min
#include <bit>        // countr_zero
#include <compare>    // strong_ordering
#include <cstdint>    // uintptr_t

#include <clipt/core/dims.hpp>   // dim_t
#include <clipt/core/dtype.hpp>  // element_type

namespace clipt::inline CLIPT_BUILD::on_cuda {

/// How far rows of an operand lie apart, and matrices of a batch, in elements.
struct product_layout {
  dim_t stride, distance;

  auto operator<=>(const product_layout&) const = default;
};

/// c [m, n] = op(a) op(b) + bias [n], or c += op(a) op(b), row-major, `count` times.
///
/// a is [m, k], turned [k, m]; b is [k, n], turned [n, k]. Sums are of floats where elements are of 16 bits.
struct product_key {
  dim_t count, m, n, k;
  bool a_turned, b_turned, adds, biased;
  product_layout a, b, c;
  element_type in, out;  // of a and b, of c and the bias
  int alignment;         // of all addresses and distances, in bytes

  auto operator<=>(const product_key&) const = default;
};

/// Where a product's operands lie on the GPU; `bias` may be null.
struct product_data {
  const void *a, *b;
  void* c;
  const void* bias;

  /// The power of two up to 256 that divides all addresses.
  int alignment() const {
    const auto zeros = [](const void* p) {
      return p == nullptr ? 8 : std::countr_zero(reinterpret_cast<std::uintptr_t>(p));
    };
    return 1 << std::min({8, zeros(a), zeros(b), zeros(c), zeros(bias)});
  }
};

}  // namespace clipt::inline CLIPT_BUILD::on_cuda
