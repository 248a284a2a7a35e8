// conv2d and avg_pool2d on pictures with the channels last.
#pragma once
#include <clipt/autodiff/checked_operand.hpp>  // operand_in
#include <clipt/autodiff/evaluate.hpp>         // eval, finish
#include <clipt/eval/cpu_conv.hpp>             // conv2d, conv2d_backward_input
#include <clipt/eval/cpu_conv_weight.hpp>      // conv2d_backward_weight
#include <clipt/eval/cpu_pool.hpp>             // avg_pool2d

namespace clipt::inline CLIPT_BUILD {

namespace ops {
struct conv2d {};
struct avg_pool2d {};
}  // namespace ops

/// The extents of a convolution: x [batch, height, width, in], weight [out, in, kernel, kernel].
struct conv_extents {
  dim_t batch, height, width, in, out, kernel, stride, padding;
};

template <>
struct kernel<ops::conv2d, cpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const conv_extents& e, const T* x, const T* weight, T* out,
                      const on_cpu::conv_epilogue<T>& then = {}) {
    const auto mark = ctx.memory().values.mark();
    on_cpu::conv2d(geometry(e), x, weight, out, scratch<T>(ctx, e), ctx.threads(), then);
    ctx.memory().values.release(mark);
  }
  template <class Context, class T>
  static void backward_input(Context& ctx, const conv_extents& e, const T* g, const T* weight, T* dx, bool stores) {
    on_cpu::conv2d_backward_input(geometry(e), g, weight, dx, how(stores), scratch<T>(ctx, e), ctx.threads());
  }
  template <class Context, class T>
  static void backward_weight(Context& ctx, const conv_extents& e, const T* x, const T* g, T* dweight, bool stores) {
    on_cpu::conv2d_backward_weight(geometry(e), x, g, dweight, how(stores), scratch<T>(ctx, e), ctx.threads());
  }

 private:
  static on_cpu::conv_geometry geometry(const conv_extents& e) {
    return {e.batch, e.height, e.width, e.in, e.out, e.kernel, e.stride, e.padding};
  }
  static on_cpu::update how(bool stores) { return stores ? on_cpu::update::store : on_cpu::update::add; }
  template <class T, class Context>
  static T* scratch(Context& ctx, const conv_extents& e) {
    return ctx.template scratch<T>(on_cpu::conv2d_scratch(geometry(e)));
  }
};

template <>
struct kernel<ops::avg_pool2d, cpu> {
  template <class Context, class T, class Shape>
  static void forward(Context& ctx, const T* x, const Shape& shape, dim_t size, T* out) {
    on_cpu::avg_pool2d(geometry(shape, size), x, out, ctx.threads());
  }
  template <class Context, class T, class Shape>
  static void backward(Context& ctx, const T* g, const Shape& shape, dim_t size, T* dx, bool stores) {
    on_cpu::avg_pool2d_backward(geometry(shape, size), g, dx, stores ? on_cpu::update::store : on_cpu::update::add,
                                ctx.threads());
  }

 private:
  template <class Shape>
  static on_cpu::pool_geometry geometry(const Shape& s, dim_t size) {
    return {s.extent(0), s.extent(1), s.extent(2), s.extent(3), size};
  }
};

namespace detail {

/// Positions of a window of `Kernel` that moves by `Stride` over an extent with `Padding` zeros on both sides.
template <dim_t Kernel, dim_t Stride, dim_t Padding>
constexpr dim_t window_positions(dim_t extent) {
  return extent + 2 * Padding < Kernel ? 0 : (extent + 2 * Padding - Kernel) / Stride + 1;
}

/// The result's extent in a type: computed where the input's is known, else the same name.
template <dim_t Kernel, dim_t Stride, dim_t Padding>
constexpr dim_t window_extent(dim_t extent) {
  return extent < 0 ? extent : window_positions<Kernel, Stride, Padding>(extent);
}

/// A picture's extent stays a runtime one only where its value does not change: a name stands for one value.
template <dim_t Kernel, dim_t Stride, dim_t Padding, dim_t Extent>
struct window_over {
  static constexpr bool keeps_names = Extent >= 0 || (Stride == 1 && 2 * Padding == Kernel - 1);
};

/// A convolution of pictures whose extents are values: one instantiation for all shapes. `then` is what its kernel does
/// with the results besides, which nothing differentiates.
template <class Context, class X, class W, class... Then>
auto conv2d_of_extents(Context& ctx, const conv_extents& e, const X& x, const W& w, dim_t result_size,
                       const Then&... then) {
  static_assert(!Context::records || sizeof...(Then) == 0, "clipt::conv2d: a recording has an epilogue");
  using T = typename X::value_type;
  using Kernel = kernel<ops::conv2d, typename Context::device>;
  const auto out = ctx.template output<T>(shape<columns>(result_size));
  Kernel::forward(ctx, e, x.data, w.data, out.data, then...);
  return finish(
      ctx, out,
      [e](auto& c, const auto& g, const auto& pictures, const auto& filters) {
        if constexpr (active<W>) Kernel::backward_weight(c, e, pictures.data, g.data, filters.gradient, filters.stores);
        if constexpr (active<X>) Kernel::backward_input(c, e, g.data, filters.data, pictures.gradient, pictures.stores);
      },
      x, w);
}

/// Pictures whose extents are values.
using picture_shape = shape<batch, height, width, columns>;

template <class Context, class X>
auto avg_pool2d(Context& ctx, const X& x, dim_t size, const picture_shape& result) {
  using Kernel = kernel<ops::avg_pool2d, typename Context::device>;
  const auto out = ctx.template output<typename X::value_type>(result);
  Kernel::forward(ctx, x.data, x.shape, size, out.data);
  return finish(
      ctx, out,
      [size](auto& c, const auto& g, const auto& pictures) {
        Kernel::backward(c, g.data, pictures.shape, size, pictures.gradient, pictures.stores);
      },
      x);
}

}  // namespace detail

/// x convolved with square filters (cross-correlation, zeros around the pictures), the channels last.
///
/// x: [batch, height, width, in], weight: [out, in, kernel, kernel] (the order of checkpoints) ->
/// [batch, (height + 2 Padding - kernel) / Stride + 1, likewise width, out]. Height and width are known at compile time
/// or unchanged. y[n, i, j, o] = sum of x[n, i Stride + a - Padding, j Stride + b - Padding, c] weight[o, c, a, b];
/// dx and dweight are its adjoints. PyTorch equivalent: `F.conv2d(x, weight, None, stride, padding)` in channels_last.
///
/// `then(shape of the result)`, for operations that are built on this one, gives what the kernel does with its results.
template <dim_t Stride = 1, dim_t Padding = 0, class Context, tensor_like X, tensor_like Weight, class... Then>
auto conv2d(Context& ctx, X&& input, const Weight& weight, const Then&... then) {
  const auto x = eval(ctx, std::forward<X>(input));
  const auto w = operand_in(ctx, "conv2d", weight);
  using A = std::remove_const_t<decltype(x)>;
  using W = std::remove_const_t<decltype(w)>;
  using S = typename A::shape_type;
  using F = typename W::shape_type;
  using T = typename A::value_type;
  static_assert(
      rank_of<S>::template is<4> && rank_of<F>::template is<4>,
      "clipt::conv2d: x [batch, height, width, in], weight [out, in, kernel, kernel]: one of them has another rank");
  static_assert(extents<S::static_extent(3), F::static_extent(1)>::equal,
                "clipt::conv2d: x [batch, height, width, in], weight [out, in, kernel, kernel]: the two in differ; "
                "channels are the last axis of x");
  static_assert(extents<F::static_extent(2), F::static_extent(3)>::equal,
                "clipt::conv2d: weight [out, in, kernel, kernel]: the two kernel differ");
  static_assert(element_types<T, typename W::value_type>::equal,
                "clipt::conv2d: element types are the same: x and weight differ; use cast<T>(x)");
  constexpr dim_t size = F::static_extent(2), height = S::static_extent(1), width = S::static_extent(2);
  static_assert(static_extent<size>::known && static_extent<F::static_extent(0)>::known,
                "clipt::conv2d: out and kernel are known at compile time: one is not");
  static_assert(detail::window_over<size, Stride, Padding, height>::keeps_names &&
                    detail::window_over<size, Stride, Padding, width>::keeps_names,
                "clipt::conv2d: height and width are known at compile time where they change: they are not");
  using Out = shape<S::static_extent(0), detail::window_extent<size, Stride, Padding>(height),
                    detail::window_extent<size, Stride, Padding>(width), F::static_extent(0)>;
  if constexpr (!element_types<T, typename W::value_type>::equal) {
    return x;  // refused above: no second error follows
  } else {
    const conv_extents e{x.shape.extent(0),
                         x.shape.extent(1),
                         x.shape.extent(2),
                         x.shape.extent(3),
                         w.shape.extent(0),
                         size,
                         Stride,
                         Padding};
    if (w.shape.extent(1) != e.in)
      throw shape_error("clipt::conv2d: x " + to_string(x.shape) + ", weight " + to_string(w.shape) +
                        ": the two in differ");
    const auto positions = detail::window_positions<size, Stride, Padding>;
    const auto result = Out::from({e.batch, positions(e.height), positions(e.width), e.out});
    return detail::with_shape(
        detail::conv2d_of_extents(ctx, e, detail::with_shape(x, shape<columns>(x.size())),
                                  detail::with_shape(w, shape<columns>(w.size())), result.size(), then(result)...),
        result);
  }
}

/// The means of squares of Size x Size pixels side by side: [batch, height, width, channels] ->
/// [batch, height / Size, width / Size, channels]; rows and columns that fill no square are left out.
///
/// dx = g / Size² for each pixel of a square. PyTorch equivalent: `F.avg_pool2d(x, size)` in channels_last.
template <dim_t Size, class Context, tensor_like X>
auto avg_pool2d(Context& ctx, X&& input) {
  const auto x = eval(ctx, std::forward<X>(input));
  using A = std::remove_const_t<decltype(x)>;
  using S = typename A::shape_type;
  static_assert(rank_of<S>::template is<4>,
                "clipt::avg_pool2d: x [batch, height, width, channels]: x has another rank");
  static_assert(static_extent<S::static_extent(1)>::known && static_extent<S::static_extent(2)>::known,
                "clipt::avg_pool2d: height and width are known at compile time: one is not");
  using Out = shape<S::static_extent(0), S::static_extent(1) / Size, S::static_extent(2) / Size, S::static_extent(3)>;
  const auto s = x.shape;
  const detail::picture_shape pictures(s.extent(0), s.extent(1), s.extent(2), s.extent(3));
  const detail::picture_shape means(s.extent(0), s.extent(1) / Size, s.extent(2) / Size, s.extent(3));
  return detail::with_shape(detail::avg_pool2d(ctx, detail::with_shape(x, pictures), Size, means),
                            Out::from({means.extent(0), means.extent(1), means.extent(2), means.extent(3)}));
}

}  // namespace clipt::inline CLIPT_BUILD
