// Sums of all elements and over the leading axes: their tags.
#pragma once
#include <clipt/ops/kernel.hpp>  // kernel, for which these are tags

namespace clipt::inline CLIPT_BUILD::ops {

/// out[0] = scale * the sum of e, a statement of that shape.
///
/// `forward(ctx, e, shape, out, scale)`; `backward(ctx, e, shape, g, scale)`: the leaves of e opened.
struct total {};

/// out[c] = the sum of e over all rows, or out[c] += it.
///
/// `forward(ctx, e, shape, out, stores)`; `backward(ctx, e, shape, g)`: the leaves of e opened.
struct column_sum {};

}  // namespace clipt::inline CLIPT_BUILD::ops
