// The version, the inline namespace that names the build, and the library's only macros.
#pragma once

#define CLIPT_VERSION_MAJOR 0
#define CLIPT_VERSION_MINOR 1
#define CLIPT_VERSION_PATCH 0

#if defined(__FAST_MATH__) || __FINITE_MATH_ONLY__ || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__)
#error "clipt: compile without -ffast-math, -Ofast and their parts: sums are reordered and NaN is lost; use -O3"
#endif

// CLIPT_BUILD is the inline namespace that all of clipt stands in, for instance clipt::for_avx2. It says what decides how
// things lie in memory and which instructions there are: sources that were built differently share no functions.
#if defined(__AVX512F__)
#define CLIPT_LANES for_avx512
#define CLIPT_LANES_CODE "6"
#elif defined(__AVX2__) && defined(__FMA__)
#define CLIPT_LANES for_avx2
#define CLIPT_LANES_CODE "5"
#elif defined(__AVX__)
#define CLIPT_LANES for_avx
#define CLIPT_LANES_CODE "4"
#elif defined(__SSE4_1__)
#define CLIPT_LANES for_sse4
#define CLIPT_LANES_CODE "3"
#elif defined(__SSE2__)
#define CLIPT_LANES for_sse2
#define CLIPT_LANES_CODE "2"
#elif defined(__aarch64__)
#define CLIPT_LANES for_neon
#define CLIPT_LANES_CODE "1"
#else
#define CLIPT_LANES for_scalar
#define CLIPT_LANES_CODE "0"
#endif
#ifdef NDEBUG
#define CLIPT_CHECKS
#define CLIPT_CHECKS_CODE "0"
#else
#define CLIPT_CHECKS _checked
#define CLIPT_CHECKS_CODE "1"
#endif
#ifdef CLIPT_EIGEN_PRODUCTS  // Eigen multiplies matrices (eval/cpu_engine.hpp)
#define CLIPT_ENGINE _eigen_products
#define CLIPT_ENGINE_CODE "1"
#else
#define CLIPT_ENGINE
#define CLIPT_ENGINE_CODE "0"
#endif
#define CLIPT_JOINED(a, b, c) a##b##c
#define CLIPT_JOIN(a, b, c) CLIPT_JOINED(a, b, c)
#define CLIPT_BUILD CLIPT_JOIN(CLIPT_LANES, CLIPT_ENGINE, CLIPT_CHECKS)

// Where clipt's types are hidden in types of one's own no name tells builds apart. So each object also defines one number:
// a linker takes it twice if it is the same, and speaks of a multiple definition if it is not. A source whose functions fit
// all builds defines CLIPT_FITS_ALL_BUILDS first.
#if defined(__ELF__) && !defined(__CUDA_ARCH__) && !defined(CLIPT_FITS_ALL_BUILDS)
asm(".globl clipt_sources_are_built_alike\n.hidden clipt_sources_are_built_alike\n.set clipt_sources_are_built_alike, "
    "0" CLIPT_LANES_CODE CLIPT_ENGINE_CODE CLIPT_CHECKS_CODE);
#endif

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
