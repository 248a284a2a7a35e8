// What moves, fills and adds elements without computing with them otherwise: the tags.
#pragma once
#include <clipt/ops/kernel.hpp>  // kernel, for which these are tags

namespace clipt::inline CLIPT_BUILD {

namespace ops {

/// One number everywhere. `forward(ctx, to, count, value)`.
struct fill {};
/// Elements within a device; `to` may overlap `from` from below. `forward(ctx, from, to, count)`.
struct copy {};
/// to += from. `forward(ctx, from, to, count)`.
struct accumulate {};
/// Elements from or to the CPU; done on return. `forward(ctx, from, to, count)`.
struct transfer {};

/// Rows that each are made by themselves: make(row, to) writes the `width` elements from `to` on, on the device.
/// `forward(ctx, rows, width, make, to)`.
struct generate_rows {};

// Blocks: `rows` runs of `columns` elements, the begins of two neighbours `stride` apart.

/// to = from. `forward(ctx, from, from_stride, to, to_stride, rows, columns)`.
struct copy_block {};
/// to += from. `forward(ctx, from, from_stride, to, to_stride, rows, columns)`.
struct add_block {};
/// Zeros. `forward(ctx, to, stride, rows, columns)`.
struct clear_block {};

/// A copy with the axes in another order: `axes[i]` is the input's axis that becomes the i-th of at most `most_axes`.
///
/// `forward(ctx, extents, axes, rank, x, out)`, the input's extents; `backward(ctx, extents, axes, rank, g, dx, stores)`.
struct permute {};

/// One row in front of the rows of each sample, which blocks do.
///
/// `backward(ctx, g, stride, count, n, token, stores)`: the row's gradient, the sum of the first n elements of each of
/// `count` runs.
struct prepend_token {};

}  // namespace ops

/// The most axes that an array may have to be permuted.
inline constexpr int most_axes = 6;

}  // namespace clipt::inline CLIPT_BUILD
