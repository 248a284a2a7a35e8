// Sums over long vectors on the GPU, for what looks at a model as one.
#pragma once
#include <clipt/cuda/reduce.cuh>     // ops::total
#include <clipt/cuda/transfer.cuh>   // ops::accumulate
#include <clipt/expr/operators.hpp>  // square
#include <clipt/ops/vectors.hpp>     // ops::add_squares

namespace clipt::inline CLIPT_BUILD {

template <>
struct kernel<ops::add_squares, gpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const T* x, dim_t count, double* sum) {
    const view<const T, shape<rows>, gpu> all{x, shape<rows>(count)};
    double* const own = ctx.template scratch<double>(1);
    kernel<ops::total, gpu>::forward(ctx, square(all), all.shape(), own, compute_t<T>(1));
    kernel<ops::accumulate, gpu>::forward(ctx, static_cast<const double*>(own), sum, 1);
  }
};

}  // namespace clipt::inline CLIPT_BUILD
