// Arithmetic of long vectors in memory, for algorithms that look at a model as one: the tags.
#pragma once
#include <clipt/ops/kernel.hpp>  // kernel, for which these are tags

namespace clipt::inline CLIPT_BUILD::ops {

/// `forward(ctx, x, y, count)` is <x, y>.
struct dot {};

/// *sum += the squares of x in double, part by part. `forward(ctx, x, count, sum)`.
struct add_squares {};

/// out = x + factor y. `forward(ctx, x, factor, y, out, count)`.
struct add_scaled {};

/// x *= factor. `forward(ctx, x, factor, count)`.
struct scale {};

/// `forward(ctx, x, count)` is the largest absolute element, 0 of none, NaN where one is NaN.
struct largest_magnitude {};

}  // namespace clipt::inline CLIPT_BUILD::ops
