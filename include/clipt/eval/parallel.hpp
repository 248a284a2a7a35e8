// A parallel loop over a fixed list of pieces of work.
#pragma once
#include <algorithm>    // min
#include <atomic>       // atomic
#include <exception>    // exception_ptr
#include <type_traits>  // remove_reference_t

#include <clipt/core/device.hpp>       // cpu
#include <clipt/core/dims.hpp>         // dim_t
#include <clipt/eval/thread_pool.hpp>  // thread_pool

namespace clipt::inline CLIPT_BUILD {

/// What kernels on the CPU run with where there is no context: so many threads (0: all), and no memory to take.
struct cpu_threads {
  using device = cpu;
  int count = 0;
  int threads() const { return count; }
};

}  // namespace clipt::inline CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD::on_cpu {

namespace detail {
inline thread_local bool inside_a_loop = false;  // that has a piece for every thread
}

/// The number of threads that a loop with the setting `threads` uses: itself, or all of the pool for 0; 1 inside a loop
/// that has a piece for each of them.
inline int thread_count(int threads) {
  if (detail::inside_a_loop) return 1;
  const int all = thread_pool::shared().threads();
  return threads > 0 ? std::min(threads, all) : all;
}

/// Calls `f(i)` once for each i in [0, count), on up to `threads` threads (0: all), in no particular order.
///
/// The caller cuts the work into pieces by the shape alone and lets each piece write its own memory; then the numbers
/// do not depend on the thread count. Inside another loop it is a plain loop, unless that one leaves threads without a
/// piece. An exception of a piece is thrown again here once all pieces are done; which one, if several throw, is left
/// open.
template <class F>
void parallel_for(int threads, dim_t count, F&& f) {
  const int all = count > 1 ? thread_count(threads) : 1;
  if (all <= 1) {
    for (dim_t i = 0; i < count; ++i) f(i);
    return;
  }
  struct loop_type {
    std::remove_reference_t<F>* body;
    dim_t count, together;  // numbers of one piece
    bool every_thread;
    std::atomic_flag failed;
    std::exception_ptr failure;
  } loop{&f, count, (count - 1) / thread_pool::most_pieces + 1, count >= all, {}, {}};
  const auto piece = [](void* opaque, dim_t number) {
    auto& own = *static_cast<loop_type*>(opaque);
    const bool outside = detail::inside_a_loop;
    detail::inside_a_loop = own.every_thread;
    try {
      const dim_t begin = number * own.together, end = std::min(begin + own.together, own.count);
      for (dim_t i = begin; i < end; ++i) (*own.body)(i);
    } catch (...) {
      if (!own.failed.test_and_set()) own.failure = std::current_exception();
    }
    detail::inside_a_loop = outside;
  };
  const dim_t pieces = (count - 1) / loop.together + 1;
  thread_pool::shared().run(piece, &loop, pieces, static_cast<int>(std::min<dim_t>(all, pieces)));
  if (loop.failure) std::rethrow_exception(loop.failure);
}

}  // namespace clipt::inline CLIPT_BUILD::on_cpu
