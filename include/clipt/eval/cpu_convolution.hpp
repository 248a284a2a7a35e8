// The kernels of convolution and pooling on the CPU.
#pragma once
#include <clipt/eval/cpu_conv.hpp>         // conv2d, conv2d_backward_input
#include <clipt/eval/cpu_conv_weight.hpp>  // conv2d_backward_weight
#include <clipt/eval/cpu_max_pool.hpp>     // max_pool2d
#include <clipt/eval/cpu_pool.hpp>         // avg_pool2d
#include <clipt/expr/leaves.hpp>           // active, of sinks too

namespace clipt::inline CLIPT_BUILD {

template <>
struct kernel<ops::conv2d, cpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const conv_geometry& geometry, const T* x, const T* weight, T* y,
                      const conv_epilogue<T>& then) {
    const auto mark = ctx.memory().values.mark();
    on_cpu::conv2d(geometry, x, weight, y, scratch<T>(ctx, geometry), ctx.threads(), then);
    ctx.memory().values.release(mark);
  }

  template <class Context, class X, class W, class T>
  static void backward(Context& ctx, const conv_geometry& geometry, const X& x, const W& weight, const T* g) {
    T* const working = scratch<T>(ctx, geometry);
    if constexpr (active<W>)
      on_cpu::conv2d_backward_weight(geometry, x.data(), g, weight.gradient, on_cpu::update_of(weight.stores), working,
                                     ctx.threads());
    if constexpr (active<X>)
      on_cpu::conv2d_backward_input(geometry, g, weight.data(), x.gradient, on_cpu::update_of(x.stores), working,
                                    ctx.threads());
  }

 private:
  template <class T, class Context>
  static T* scratch(Context& ctx, const conv_geometry& geometry) {
    return ctx.template scratch<T>(on_cpu::conv2d_scratch(geometry));
  }
};

template <>
struct kernel<ops::avg_pool2d, cpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const pool_geometry& geometry, const T* x, T* y) {
    on_cpu::avg_pool2d(geometry, x, y, ctx.threads());
  }
  template <class Context, class T>
  static void backward(Context& ctx, const pool_geometry& geometry, const T* g, T* dx, bool stores) {
    on_cpu::avg_pool2d_backward(geometry, g, dx, on_cpu::update_of(stores), ctx.threads());
  }
};

template <>
struct kernel<ops::max_pool2d, cpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const max_pool_geometry& geometry, const T* x, T* y, std::int32_t* winners) {
    on_cpu::max_pool2d(geometry, x, y, winners, ctx.threads());
  }
  template <class Context, class T>
  static void backward(Context& ctx, const max_pool_geometry& geometry, const T* g, const std::int32_t* winners, T* dx,
                       bool stores) {
    on_cpu::max_pool2d_backward(geometry, g, winners, dx, on_cpu::update_of(stores), ctx.threads());
  }
};

}  // namespace clipt::inline CLIPT_BUILD
