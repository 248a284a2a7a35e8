// Losses: their tags.
#pragma once
#include <clipt/ops/kernel.hpp>  // kernel, for which these are tags

namespace clipt::inline CLIPT_BUILD::ops {

/// CLIP's symmetric loss of n pairs of unit rows, and what lies between it and the products of its backward.
///
/// `forward(ctx, n, width, images, texts, log_scale, s, sums, loss)`: s [n, n] and sums [3, n] are kept;
/// `backward(ctx, n, g, log_scale, s, sums)`: log_scale opened; s becomes the gradient by the cosines.
struct contrastive_loss {};

}  // namespace clipt::inline CLIPT_BUILD::ops
