// Elementwise statements: their tag.
#pragma once
#include <clipt/ops/kernel.hpp>  // kernel, for which this is a tag

namespace clipt::inline CLIPT_BUILD::ops {

/// out = e, a statement. `forward(ctx, e, out)`; `backward(ctx, e, g)`: the leaves of e opened.
struct evaluate {};

}  // namespace clipt::inline CLIPT_BUILD::ops
