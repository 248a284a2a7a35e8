// The version and the library's only macros.
#pragma once

#define CLIPT_VERSION_MAJOR 0
#define CLIPT_VERSION_MINOR 1
#define CLIPT_VERSION_PATCH 0

/// Marks what also runs on a GPU; empty without nvcc.
#ifdef __CUDACC__
#define CLIPT_HD __host__ __device__
#else
#define CLIPT_HD
#endif

/// A debug build's check of the library's own reasoning; never of a user's input, which throws.
#ifdef NDEBUG
#define CLIPT_ASSERT(condition) static_cast<void>(0)
#else
#include <cassert>  // assert
#define CLIPT_ASSERT(condition) assert(condition)
#endif
