// Device tags: part of a view's type, so that mixing them is a compile-time error.
#pragma once
#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD {

/// Memory of the host, computed on in lanes.
struct cpu {};

/// Memory of an NVIDIA GPU; needs `#include <clipt/cuda.hpp>` and nvcc.
struct gpu {};

}  // namespace clipt::inline CLIPT_BUILD
