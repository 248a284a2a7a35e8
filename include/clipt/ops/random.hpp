// Random numbers in memory: the tags.
#pragma once
#include <clipt/ops/kernel.hpp>  // kernel, for which these are tags

namespace clipt::inline CLIPT_BUILD::ops {

/// x[i] = deviation times the i-th normal number of a stream. `forward(ctx, random_stream, deviation, x, count)`.
struct fill_normal {};

/// x[i] = the i-th uniform number of a stream, in [-bound, bound). `forward(ctx, random_stream, bound, x, count)`.
struct fill_uniform {};

}  // namespace clipt::inline CLIPT_BUILD::ops
