// conv2d and avg_pool2d on pictures with the channels last.
#pragma once
#include <clipt/autodiff/evaluate.hpp>     // eval, record_result
#include <clipt/eval/cpu_convolution.hpp>  // the kernels on the CPU
#include <clipt/ops/axes.hpp>              // check_agreement

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// A convolution of pictures whose extents are values: one instantiation for all shapes. `then` is what its kernel does
/// with the results besides, which nothing differentiates.
template <class Context, class X, class W, class... Then>
auto conv2d_of_extents(Context& ctx, const conv_geometry& e, const X& x, const W& w, dim_t result_size,
                       const Then&... then) {
  static_assert(!Context::records || sizeof...(Then) == 0, "clipt::conv2d: a recording has an epilogue");
  using T = typename X::value_type;
  const auto out = ctx.template output<T>(shape<columns>(result_size));
  run_forward<ops::conv2d>(ctx, e, x.data(), w.data(), out.data(), conv_epilogue<T>{then...});
  return record_result(
      ctx, out,
      [e](auto& c, const auto& g, const auto& pictures, const auto& filters) {
        run_backward<ops::conv2d>(c, e, pictures, filters, g.data());
      },
      x, w);
}

/// Pictures whose extents are values.
using picture_shape = shape<batch, height, width, columns>;

template <class Context, class X>
auto avg_pool2d(Context& ctx, const X& x, const pool_geometry& e) {
  const auto out =
      ctx.template output<typename X::value_type>(picture_shape(e.batch, e.out_height(), e.out_width(), e.channels));
  run_forward<ops::avg_pool2d>(ctx, e, x.data(), out.data());
  return record_result(
      ctx, out,
      [e](auto& c, const auto& g, const auto& pictures) {
        run_backward<ops::avg_pool2d>(c, e, g.data(), pictures.gradient, pictures.stores);
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
auto conv2d(Context& ctx, X&& input, Weight&& weight, const Then&... then) {
  const auto x = eval(ctx, std::forward<X>(input));
  const auto w = eval(ctx, std::forward<Weight>(weight));
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
  static_assert(moving_window<size, Stride, Padding>::moves,
                "clipt::conv2d: kernel and Stride are at least 1, Padding at least 0: one is less");
  static_assert(moving_window<size, Stride, Padding>::template lies_in<height> &&
                    moving_window<size, Stride, Padding>::template lies_in<width>,
                "clipt::conv2d: the kernel lies within the picture and its padding: it is larger");
  static_assert(detail::window_over<size, Stride, Padding, height>::keeps_names &&
                    detail::window_over<size, Stride, Padding, width>::keeps_names,
                "clipt::conv2d: height and width are known at compile time where they change: they are not");
  using Out = shape<S::static_extent(0), detail::window_extent(height, size, Stride, Padding),
                    detail::window_extent(width, size, Stride, Padding), F::static_extent(0)>;
  static_assert(elements_of<T>::are_float_or_double,
                "clipt::conv2d: elements are float or double: they are not; use cast<float>(x)");
  if constexpr (!elements_of<T>::are_float_or_double || !element_types<T, typename W::value_type>::equal) {
    return x;  // refused above: no second error follows
  } else {
    const conv_geometry e{x.shape().extent(0),
                          x.shape().extent(1),
                          x.shape().extent(2),
                          x.shape().extent(3),
                          w.shape().extent(0),
                          size,
                          Stride,
                          Padding};
    detail::check_agreement(w.shape().extent(1) == e.in, "conv2d", "x", x.shape(), "weight", w.shape(), "in");
    const auto result = Out::from({e.batch, e.out_height(), e.out_width(), e.out});
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
  static_assert(moving_window<Size, Size, 0>::moves &&
                    moving_window<Size, Size, 0>::template lies_in<S::static_extent(1)> &&
                    moving_window<Size, Size, 0>::template lies_in<S::static_extent(2)>,
                "clipt::avg_pool2d: Size is at least 1, and a square lies within the picture: it does not");
  using Out = shape<S::static_extent(0), S::static_extent(1) / Size, S::static_extent(2) / Size, S::static_extent(3)>;
  const auto s = x.shape();
  const pool_geometry e{s.extent(0), s.extent(1), s.extent(2), s.extent(3), Size};
  const auto means =
      detail::avg_pool2d(ctx, detail::with_shape(x, detail::picture_shape(e.batch, e.height, e.width, e.channels)), e);
  return detail::with_shape(means, Out::from({e.batch, e.out_height(), e.out_width(), e.channels}));
}

}  // namespace clipt::inline CLIPT_BUILD
