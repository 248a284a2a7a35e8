// A parallel loop over a fixed list of pieces of work.
#pragma once
#include <algorithm>  // max
#include <exception>  // exception_ptr

#include <clipt/core/dims.hpp>  // dim_t

#ifdef _OPENMP
#include <omp.h>  // omp_get_max_threads, omp_in_parallel
#endif

namespace clipt::on_cpu {

/// The number of threads that a loop with the setting `threads` uses: itself, or all that OpenMP offers for 0;
/// 1 inside a parallel loop and in a build without OpenMP.
inline int thread_count([[maybe_unused]] int threads) {
#ifdef _OPENMP
  if (omp_in_parallel()) return 1;
  return threads > 0 ? threads : omp_get_max_threads();
#else
  return 1;
#endif
}

/// Calls `f(i)` once for each i in [0, count), on up to `threads` threads (0: all), in no particular order.
/// The caller cuts the work into pieces by the shape alone and lets each piece write its own memory; then the
/// numbers do not depend on the thread count. Inside another parallel loop it is a plain loop.
/// An exception of a piece is thrown again here once the other threads have finished; which one, if several throw,
/// is left open.
template <class F>
void parallel_for(int threads, dim_t count, F&& f) {
  const int used = static_cast<int>(std::min<dim_t>(thread_count(threads), count));
  if (used <= 1) {
    for (dim_t i = 0; i < count; ++i) f(i);
    return;
  }
#ifdef _OPENMP
  // Pieces are handed out as threads become free: other programs take their share of the cores at any time.
  const dim_t at_once = std::max<dim_t>(1, count / (dim_t(used) * 32));
  std::exception_ptr failure;
#pragma omp parallel for num_threads(used) schedule(dynamic, at_once)
  for (dim_t i = 0; i < count; ++i) {
    try {
      f(i);
    } catch (...) {
#pragma omp critical(clipt_parallel_for)
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
#endif
}

}  // namespace clipt::on_cpu
