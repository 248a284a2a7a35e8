// The engine that multiplies the tiles of all products on the CPU: clipt's own, or Eigen with CLIPT_EIGEN_PRODUCTS.
#pragma once
#include <clipt/core/config.hpp>  // CLIPT_BUILD, which names the engine

#ifdef CLIPT_EIGEN_PRODUCTS
#include <clipt/eval/cpu_tile_eigen.hpp>  // eigen_engine
#else
#include <clipt/eval/cpu_tile.hpp>  // own_engine
#endif

namespace clipt::inline CLIPT_BUILD::on_cpu::detail {

// An engine multiplies one tile on the calling thread. How products are cut into tiles, and what runs at once, is no
// business of it: by shape alone, so that any engine gives the same bits for any number of threads.
#ifdef CLIPT_EIGEN_PRODUCTS
using engine = eigen_engine;
#else
using engine = own_engine;
#endif

}  // namespace clipt::inline CLIPT_BUILD::on_cpu::detail
