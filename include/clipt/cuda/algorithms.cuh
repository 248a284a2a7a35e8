// Thrust's algorithms in the order of a stream; with executing.cuh and algorithms.cu all that includes Thrust.
//
// Only what neither waits nor allocates is here.
#pragma once
#include <thrust/for_each.h>                    // for_each_n
#include <thrust/iterator/counting_iterator.h>  // counting_iterator

#include <cstdint>     // int32_t
#include <functional>  // function

#include <clipt/core/dims.hpp>       // dim_t
#include <clipt/cuda/counts.hpp>     // counted
#include <clipt/cuda/executing.cuh>  // executing

/// What is compiled once, in clipt::cuda_algorithms: for all instruction sets, hence no part of CLIPT_BUILD.
namespace clipt::compiled {

/// Gives an algorithm so many bytes of the GPU, for as long as the algorithm needs them.
using memory_source = std::function<char*(std::size_t bytes)>;

/// Sorts `count` keys, equal ones in their order, and moves the values along.
void sort_by_key(on_cuda::stream_type stream, std::int32_t* keys, std::int32_t* values, int count,
                 const memory_source& take);

}  // namespace clipt::compiled

namespace clipt::inline CLIPT_BUILD::on_cuda {

/// f(i) for each i in [0, count), in no order. Errors: `shape_error` for 2^31 and more.
template <class F>
void for_each(stream_type stream, dim_t count, const F& f) {
  if (count <= 0) return;
  const int pieces = counted("pieces of work", count);
  const executing here(stream);
  ::thrust::for_each_n(here.policy(), ::thrust::counting_iterator<int>(0), pieces, here.in_order(f, pieces));
}

/// Sorts `count` keys, equal ones in their order, and moves the values along; memory is taken from the context.
/// Errors: `shape_error` for 2^31 and more.
template <class Context>
void sort_by_key(Context& ctx, std::int32_t* keys, std::int32_t* values, dim_t count) {
  if (count > 0)
    compiled::sort_by_key(ctx.state().stream, keys, values, counted("keys to sort", count),
                          [&](std::size_t bytes) { return ctx.template scratch<char>(static_cast<dim_t>(bytes)); });
}

}  // namespace clipt::inline CLIPT_BUILD::on_cuda
