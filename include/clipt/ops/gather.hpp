// Rows of a table by number: its tag.
#pragma once
#include <clipt/ops/kernel.hpp>  // kernel, for which this is a tag

namespace clipt::inline CLIPT_BUILD::ops {

/// out[i] = table[ids[i]] for rows of n elements, ids of any integer type; `shape_error` when an id lies outside [0, rows).
///
/// `forward(ctx, table, ids, count, n, out, rows)`;
/// `backward(ctx, g, ids, count, n, dtable, rows, stores)`: dtable[ids[i]] += g[i], all else 0 where it stores.
struct gather {};

}  // namespace clipt::inline CLIPT_BUILD::ops
