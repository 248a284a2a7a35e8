// Rules of generated values: what an expression makes from the position instead of reading it from memory.
#pragma once
#include <cstdint>  // uint64_t

#include <clipt/core/dims.hpp>    // dim_t
#include <clipt/core/philox.hpp>  // random_stream

namespace clipt::inline CLIPT_BUILD::ops {

// `at(row, column, columns)`; `flat` ones depend on row * columns + column alone.

/// The column.
struct column_index {
  static constexpr bool flat = false;
  CLIPT_HD dim_t at(dim_t, dim_t column, dim_t) const { return column; }
};

/// 0 up to the diagonal of the last two axes, minus infinity above: what a causal mask adds to scores.
struct causal_mask {
  static constexpr bool flat = false;
  CLIPT_HD float at(dim_t row, dim_t column, dim_t columns) const {
    return column > row % columns ? -__builtin_huge_valf() : 0.0f;
  }
};

/// -1 on the diagonal of the last two axes, 1 beside it.
struct off_diagonal_sign {
  static constexpr bool flat = false;
  CLIPT_HD float at(dim_t row, dim_t column, dim_t columns) const { return column == row % columns ? -1.0f : 1.0f; }
};

/// 0 with probability p, else 1 / (1 - p); a pure function of the stream and the element.
struct dropout_mask {
  static constexpr bool flat = true;
  float p;
  random_stream random;
  CLIPT_HD float at(dim_t row, dim_t column, dim_t columns) const {
    const auto element = static_cast<std::uint64_t>(row * columns + column);
    return random.uniform(element) < p ? 0.0f : 1.0f / (1.0f - p);
  }
};

}  // namespace clipt::inline CLIPT_BUILD::ops
