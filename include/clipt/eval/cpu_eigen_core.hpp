// <Eigen/Core> as all of clipt includes it: with the CPU's vectors in CUDA sources, without GCC 12's false warnings.
#pragma once

// Eigen leaves the CPU's vector instructions out of CUDA sources, unless it is told to know nothing of CUDA.
#if defined(__CUDACC__) && !defined(EIGEN_NO_CUDA)
#define EIGEN_NO_CUDA
#endif
#pragma GCC diagnostic push
#if defined(__GNUC__) && !defined(__clang__)  // GCC 12's own avx512fintrin.h reads `__m512 y = y;` (GCC bug 105593)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <Eigen/Core>  // packets, maps, products
#pragma GCC diagnostic pop
#ifdef EIGEN_GPUCC
#error "clipt: Eigen was included before clipt in a CUDA source: include clipt first, or compile with -DEIGEN_NO_CUDA"
#endif
