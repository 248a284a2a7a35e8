// AdamW on the GPU: values, gradient and both moments in one pass.
#pragma once
#include <algorithm>  // min

#include <clipt/core/scalar_math.hpp>  // sqrt
#include <clipt/cuda/context.cuh>      // device_state
#include <clipt/cuda/simt.cuh>         // launch
#include <clipt/ops/optimisers.hpp>    // ops::adamw, adamw_step

namespace clipt::inline CLIPT_BUILD {

namespace on_cuda {

template <class T>
struct adamw_body {
  static constexpr int threads = 256;
  T* p;
  const T* g;
  T* m;
  T* v;
  dim_t count;
  adamw_step<T> s;

  __device__ void operator()() const {
    for (dim_t i = block_index() * threads + thread_index(); i < count; i += grid_size() * threads) {
      const T gradient = g[i] * s.gradient_factor;
      const T first = s.beta1 * m[i] + s.rest1 * gradient;
      const T second = s.beta2 * v[i] + s.rest2 * gradient * gradient;
      m[i] = first;
      v[i] = second;
      p[i] = p[i] * s.kept - s.rate * first / (sqrt(second) * s.root + s.epsilon);
    }
  }
};

}  // namespace on_cuda

template <>
struct kernel<ops::adamw, gpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const adamw_step<T>& step, T* p, const T* g, T* m, T* v, dim_t count) {
    using Body = on_cuda::adamw_body<T>;
    on_cuda::launch(ctx.state().stream, std::min<dim_t>((count + 255) / 256, 2112), Body::threads, 0,
                    Body{p, g, m, v, count, step});
  }
};

}  // namespace clipt::inline CLIPT_BUILD
