// Rules of generated values: what an expression makes from the position instead of reading it from memory.
#pragma once
#include <cstdint>  // uint64_t

#include <clipt/core/dims.hpp>    // dim_t
#include <clipt/core/philox.hpp>  // random_stream
#include <clipt/expr/bundle.hpp>  // bundle

namespace clipt::inline CLIPT_BUILD::ops {

// `at(row, column, columns)`; `flat` ones depend on row * columns + column alone. Rules that look at the last two axes
// have a member `queries`, the extent of the last but one, set when the shape of their statement is known.

/// The column.
struct column_index {
  static constexpr bool flat = false;
  CLIPT_HD dim_t at(dim_t, dim_t column, dim_t) const { return column; }
};

/// The row within the last two axes.
struct row_index {
  static constexpr bool flat = false;
  dim_t queries = 0;
  CLIPT_HD dim_t at(dim_t row, dim_t, dim_t) const { return row % queries; }
};

/// 0 up to the diagonal of the last two axes, minus infinity above: what a causal mask adds to scores.
struct causal_mask {
  static constexpr bool flat = false;
  dim_t queries = 0;
  CLIPT_HD float at(dim_t row, dim_t column, dim_t) const {
    return column > row % queries ? -__builtin_huge_valf() : 0.0f;
  }
};

/// -1 on the diagonal of the last two axes, 1 beside it.
struct off_diagonal_sign {
  static constexpr bool flat = false;
  dim_t queries = 0;
  CLIPT_HD float at(dim_t row, dim_t column, dim_t) const { return column == row % queries ? -1.0f : 1.0f; }
};

/// 0 with probability p, else 1 / (1 - p); a pure function of the stream and the element, of `elements` of an operand.
struct dropout_mask {
  static constexpr bool flat = true;
  double p;
  random_stream random;
  dim_t elements;
  CLIPT_HD double at(dim_t row, dim_t column, dim_t columns) const {
    const auto element = static_cast<std::uint64_t>(row * columns + column);
    return static_cast<double>(random.uniform(element)) < p ? 0.0 : 1.0 / (1.0 - p);
  }
};

/// One number everywhere.
struct fixed_number {
  static constexpr bool flat = true;
  double value;
  CLIPT_HD double at(dim_t, dim_t, dim_t) const { return value; }
};

/// An op on rules, `column_index >= 2` for instance: a rule again.
template <class Op, class... Rules>
struct combined_rule {
  static constexpr bool flat = (Rules::flat && ...);
  [[no_unique_address]] Op op;
  bundle<Rules...> rules;
  dim_t queries = 0;

  CLIPT_HD double at(dim_t row, dim_t column, dim_t columns) const {
    return apply_bundle(rules, [&](auto... rule) { return op.apply(value(rule, row, column, columns)...); });
  }

 private:
  template <class Rule>
  CLIPT_HD double value(Rule rule, dim_t row, dim_t column, dim_t columns) const {
    if constexpr (requires { rule.queries; }) rule.queries = queries;
    return static_cast<double>(rule.at(row, column, columns));
  }
};

}  // namespace clipt::inline CLIPT_BUILD::ops
