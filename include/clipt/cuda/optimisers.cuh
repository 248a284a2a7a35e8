// Steps of optimisers and averages on the GPU, through Thrust: an element of a parameter and of its state at a time.
#pragma once
#include <clipt/core/scalar_math.hpp>  // sqrt
#include <clipt/cuda/algorithms.cuh>   // for_each
#include <clipt/cuda/context.cuh>      // device_state
#include <clipt/ops/optimisers.hpp>    // ops::adamw, adamw_step, ...

namespace clipt::inline CLIPT_BUILD {

namespace on_cuda {

template <class T>
struct adamw_body {
  adamw_step<T> s;
  T* p;
  const T* g;
  T *m, *v;

  CLIPT_HD void operator()(int i) const {
    if (s.gradient.leaves_out()) return;
    const T gradient = g[i] * s.gradient.value();
    const T first = s.beta1 * m[i] + s.rest1 * gradient;
    const T second = s.beta2 * v[i] + s.rest2 * gradient * gradient;
    m[i] = first;
    v[i] = second;
    p[i] = p[i] * s.kept - s.rate * first / (sqrt(second) * s.root + s.epsilon);
  }
};

template <class T>
struct sgd_body {
  sgd_step<T> s;
  T* p;
  const T* g;
  T* v;

  CLIPT_HD void operator()(int i) const {
    if (s.gradient.leaves_out()) return;
    v[i] = s.momentum * v[i] + g[i] * s.gradient.value() + s.decay * p[i];
    p[i] = p[i] - s.rate * v[i];
  }
};

template <class T>
struct approach_body {
  T share;
  const T* from;
  T* to;

  CLIPT_HD void operator()(int i) const { to[i] += share * (from[i] - to[i]); }
};

}  // namespace on_cuda

template <>
struct kernel<ops::adamw, gpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const adamw_step<T>& step, T* p, const T* g, T* m, T* v, dim_t count) {
    on_cuda::for_each(ctx.state().stream, count, on_cuda::adamw_body<T>{step, p, g, m, v});
  }
};

template <>
struct kernel<ops::sgd, gpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const sgd_step<T>& step, T* p, const T* g, T* v, dim_t count) {
    on_cuda::for_each(ctx.state().stream, count, on_cuda::sgd_body<T>{step, p, g, v});
  }
};

template <>
struct kernel<ops::approach, gpu> {
  template <class Context, class T>
  static void forward(Context& ctx, T share, const T* from, T* to, dim_t count) {
    on_cuda::for_each(ctx.state().stream, count, on_cuda::approach_body<T>{share, from, to});
  }
};

}  // namespace clipt::inline CLIPT_BUILD
