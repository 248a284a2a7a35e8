// Operations along the last axis: their tags, and how many numbers per row each keeps for its backward.
#pragma once
#include <clipt/ops/kernel.hpp>  // kernel, for which these are tags

namespace clipt::inline CLIPT_BUILD::ops {

// For all of them, with e a statement [..., width] of that `shape`, out [..., width] or [...], `saved`
// [rows, saved_per_row], and the parameters that stand beside the tag, numbers of the type in which is computed:
// `forward(ctx, e, shape, out, saved, parameters...)`;
// `backward(ctx, e, shape, out, g, saved, parameters...)`: the leaves of e opened.

struct softmax {
  static constexpr int saved_per_row = 0;
};
struct log_softmax {
  static constexpr int saved_per_row = 0;
};
struct log_sum_exp {
  static constexpr int saved_per_row = 0;
};
/// Parameter: epsilon.
struct l2_normalize {
  static constexpr int saved_per_row = 1;
};
/// Without a gain. Parameter: epsilon.
struct rms_normalize {
  static constexpr int saved_per_row = 1;
};
/// Parameter: a factor, 1 or that of a mean.
struct row_sum {
  static constexpr int saved_per_row = 0;
};
struct row_max {
  static constexpr int saved_per_row = 0;
};
/// No backward.
struct row_argmax {
  static constexpr int saved_per_row = 0;
};
struct row_product {
  static constexpr int saved_per_row = 0;
};
/// The Euclidean norm.
struct row_norm {
  static constexpr int saved_per_row = 1;
};
/// Parameter: what is subtracted from the number of elements, 1 or 0.
struct row_variance {
  static constexpr int saved_per_row = 2;
};
/// The root of the variance, by the same parameter.
struct row_deviation {
  static constexpr int saved_per_row = 2;
};
/// The positions of a row's elements by their size. Parameters: whether the largest come first. No backward.
struct row_order {
  static constexpr int saved_per_row = 0;
};
struct running_sum {
  static constexpr int saved_per_row = 0;
};
/// Parameter: the labels, one std::int32_t for each row; one outside [0, width) is refused, or makes its loss NaN.
struct cross_entropy {
  static constexpr int saved_per_row = 1;
};

}  // namespace clipt::inline CLIPT_BUILD::ops
