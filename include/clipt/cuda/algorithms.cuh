// Thrust's algorithms in the order of a stream: the one file, beside executing.cuh, that includes Thrust.
//
// Only what neither waits nor allocates is here.
#pragma once
#include <thrust/for_each.h>                    // for_each_n
#include <thrust/iterator/counting_iterator.h>  // counting_iterator

#include <clipt/core/dims.hpp>       // dim_t
#include <clipt/cuda/counts.hpp>     // counted
#include <clipt/cuda/executing.cuh>  // executing

namespace clipt::inline CLIPT_BUILD::on_cuda {

/// f(i) for each i in [0, count), in no order. Errors: `shape_error` for 2^31 and more.
template <class F>
void for_each(stream_type stream, dim_t count, const F& f) {
  if (count <= 0) return;
  const int pieces = counted("pieces of work", count);
  const executing here(stream);
  ::thrust::for_each_n(here.policy(), ::thrust::counting_iterator<int>(0), pieces, here.in_order(f, pieces));
}

}  // namespace clipt::inline CLIPT_BUILD::on_cuda
