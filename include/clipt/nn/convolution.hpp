// conv2d on pictures with the channels last: rectangular filters, strides, padding, dilation, groups, bias.
#pragma once
#include <clipt/autodiff/evaluate.hpp>     // eval, record_result
#include <clipt/eval/cpu_convolution.hpp>  // the kernels on the CPU
#include <clipt/nn/narrow.hpp>             // in_float
#include <clipt/nn/reductions.hpp>         // column_sum's kernel, for the gradient of a bias
#include <clipt/ops/axes.hpp>              // check_agreement

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// The gradient of a bias, opened: that of all pixels.
template <class Context, class G, class Bias>
void add_bias_gradient(Context& ctx, const conv_geometry& e, const G& g, const Bias& bias) {
  const auto pixels = with_shape(g, shape<rows, columns>(e.batch * e.out_height() * e.out_width(), e.out));
  if constexpr (active<Bias>) run_forward<ops::column_sum>(ctx, pixels, pixels.shape(), bias.gradient, bias.stores);
}

/// A convolution of pictures whose extents are values: one instantiation for all shapes. `then` is what its kernel does
/// with the results besides, of which only the adding of a bias, an operand, is differentiated.
template <class Context, class T, class X, class W, class... Bias>
auto conv2d_of_extents(Context& ctx, const conv_geometry& e, dim_t result_size, conv_epilogue<T> then, const X& x,
                       const W& w, const Bias&... bias) {
  const auto out = ctx.template output<T>(shape<columns>(result_size));
  ((then.shift = bias.data()), ...);
  run_forward<ops::conv2d>(ctx, e, x.data(), w.data(), out.data(), then);
  return record_result(
      ctx, out,
      [e](auto& c, const auto& g, const auto& pictures, const auto& filters, const auto&... shift) {
        run_backward<ops::conv2d>(c, e, pictures, filters, g.data());
        (add_bias_gradient(c, e, g, shift), ...);
      },
      x, w, bias...);
}

/// The types of a convolution: of x [batch, height, width, in] and weight [out, in / groups, height, width].
template <class S, class F, extent2d Stride, extent2d Padding, extent2d Dilation>
struct convolution_types {
  static constexpr extent2d kernel{F::static_extent(2), F::static_extent(3)};
  static constexpr extent2d span{window_span(kernel.height, Dilation.height),
                                 window_span(kernel.width, Dilation.width)};
  using result =
      shape<S::static_extent(0), window_extent(S::static_extent(1), span.height, Stride.height, Padding.height),
            window_extent(S::static_extent(2), span.width, Stride.width, Padding.width), F::static_extent(0)>;
};

/// The in of a weight of so many groups; where no type tells, what `otherwise` says.
constexpr dim_t in_of_groups(dim_t in, dim_t groups, dim_t otherwise) {
  return in >= 0 ? in * groups : groups == 1 ? in : otherwise;
}

/// A convolution of operands that fit; `last` is a bias, gives an epilogue for the shape of the result, or is missing.
template <extent2d Stride, extent2d Padding, extent2d Dilation, dim_t Groups, class Context, class X, class W,
          class... Last>
auto convolved(Context& ctx, const X& x, const W& w, const Last&... last) {
  using T = typename X::value_type;
  using types = convolution_types<typename X::shape_type, typename W::shape_type, Stride, Padding, Dilation>;
  const auto s = x.shape();
  const conv_geometry e{s.extent(0),   s.extent(1), s.extent(2), s.extent(3), w.shape().extent(0),
                        types::kernel, Stride,      Padding,     Dilation,    Groups};
  check_agreement(w.shape().extent(1) * Groups == e.in, "conv2d", "x", s, "weight", w.shape(), "in");
  const auto result = types::result::from({e.batch, e.out_height(), e.out_width(), e.out});
  const auto pictures = with_shape(x, shape<columns>(x.size()));
  const auto filters = with_shape(w, shape<columns>(w.size()));
  if constexpr ((tensor_like<Last> && ...)) {
    return with_shape(conv2d_of_extents(ctx, e, result.size(), conv_epilogue<T>{}, pictures, filters,
                                        with_shape(last, shape<columns>(last.size()))...),
                      result);
  } else {
    static_assert(!Context::records, "clipt::conv2d: a recording has an epilogue");
    return with_shape(conv2d_of_extents(ctx, e, result.size(), conv_epilogue<T>{last(result)...}, pictures, filters),
                      result);
  }
}

}  // namespace detail

/// Refuses windows that do not move over pictures of these extents. `auto`, without which clang++ 14 compiles it later
/// and does not name the user's line.
template <dim_t Span, dim_t Stride, dim_t Padding, dim_t Dilation, dim_t Extent>
constexpr auto check_window() {
  static_assert(moving_window<Span, Stride, Padding>::moves && moving_window<Dilation, 1, 0>::moves,
                "clipt::conv2d: kernel, Stride and Dilation are at least 1, Padding at least 0: one is less");
  static_assert(moving_window<Span, Stride, Padding>::template lies_in<Extent>,
                "clipt::conv2d: the kernel lies within the picture and its padding: it is larger");
  static_assert(detail::window_over<Span, Stride, Padding, Extent>::keeps_names,
                "clipt::conv2d: height and width are known at compile time where they change: they are not");
  return moving_window<Span, Stride, Padding>::moves && moving_window<Dilation, 1, 0>::moves;
}

/// Refuses operands whose types are none of a convolution; whether they are such.
template <extent2d Stride, extent2d Padding, extent2d Dilation, dim_t Groups, class X, class Weight>
constexpr auto check_convolution() {
  using S = shape_in<X>;
  using F = shape_in<Weight>;
  using T = value_in<X>;
  static_assert(
      rank_of<S>::template is<4> && rank_of<F>::template is<4>,
      "clipt::conv2d: x [batch, height, width, in], weight [out, in / Groups, height, width]: one of them has "
      "another rank");
  if constexpr (rank_of<S>::template is<4> && rank_of<F>::template is<4>) {
    static_assert(
        extents<S::static_extent(3), detail::in_of_groups(F::static_extent(1), Groups, S::static_extent(3))>::equal,
        "clipt::conv2d: x [batch, height, width, in], weight [out, in / Groups, height, width]: the two in "
        "differ; channels are the last axis of x");
    static_assert(element_types<T, value_in<Weight>>::equal,
                  "clipt::conv2d: element types are the same: x and weight differ; use cast<T>(x)");
    constexpr bool known = F::static_extent(0) >= 0 && F::static_extent(2) >= 0 && F::static_extent(3) >= 0;
    static_assert(static_extent<F::static_extent(0)>::known && static_extent<F::static_extent(2)>::known &&
                      static_extent<F::static_extent(3)>::known,
                  "clipt::conv2d: out and kernel are known at compile time: one is not");
    static_assert(!known || divides<Groups, F::static_extent(0)>::evenly,
                  "clipt::conv2d: Groups divides out: it does not");
    using types = detail::convolution_types<S, F, Stride, Padding, Dilation>;
    constexpr bool moves = [] {
      if constexpr (!known)
        return false;
      else
        return check_window<types::span.height, Stride.height, Padding.height, Dilation.height,
                            S::static_extent(1)>() &&
               check_window<types::span.width, Stride.width, Padding.width, Dilation.width, S::static_extent(2)>();
    }();
    static_assert(elements_of<T>::are_float_or_double,
                  "clipt::conv2d: elements are float or double: they are not; use cast<float>(x)");
    return moves && elements_of<T>::are_float_or_double && element_types<T, value_in<Weight>>::equal;
  } else {
    return false;
  }
}

/// x convolved with filters (cross-correlation, zeros around the pictures), the channels last.
///
/// x: [batch, height, width, in], weight: [out, in / Groups, kernel height, kernel width] (the order of checkpoints) ->
/// [batch, (height + 2 Padding - Dilation (kernel height - 1) - 1) / Stride + 1, likewise width, out]. Height and width
/// are known at compile time or unchanged. Stride, Padding and Dilation are numbers or differ by axis,
/// `conv2d<1, extent2d{0, 3}>(ctx, x, weight)`; each of Groups parts of out sees its part of in alone.
/// y[n, i, j, o] = sum of x[n, i Stride + a Dilation - Padding, j Stride + b Dilation - Padding, c] weight[o, c, a, b];
/// dx and dweight are its adjoints. Errors: `shape_error` when runtime extents differ.
/// PyTorch equivalent: `F.conv2d(x, weight, None, stride, padding, dilation, groups)` in channels_last.
///
/// `then(shape of the result)`, for operations that are built on this one, gives what the kernel does with its results.
template <extent2d Stride = 1, extent2d Padding = 0, extent2d Dilation = 1, dim_t Groups = 1, class Context,
          tensor_like X, tensor_like Weight, class... Then>
requires(!tensor_like<Then> && ...) auto conv2d(Context& ctx, X&& input, Weight&& weight, const Then&... then) {
  const auto x = eval(ctx, std::forward<X>(input));
  const auto w = eval(ctx, std::forward<Weight>(weight));
  if constexpr (check_convolution<Stride, Padding, Dilation, Groups, decltype(x), decltype(w)>())
    return detail::convolved<Stride, Padding, Dilation, Groups>(ctx, x, w, then...);
  else
    return x;  // refused: no second error follows
}

/// The same of 16-bit elements: sums of floats, rounded.
template <extent2d Stride = 1, extent2d Padding = 0, extent2d Dilation = 1, dim_t Groups = 1, class Context, narrow X,
          narrow_as<X> Weight>
auto conv2d(Context& ctx, X&& input, Weight&& weight) {
  return detail::in_float(
      ctx, [](auto& c, const auto& x, const auto& w) { return conv2d<Stride, Padding, Dilation, Groups>(c, x, w); },
      std::forward<X>(input), std::forward<Weight>(weight));
}

/// The same and a bias, [out], which is added while the sums are in registers; dbias = the sum of g over all pixels.
/// PyTorch equivalent: `F.conv2d(x, weight, bias, stride, padding, dilation, groups)` in channels_last.
template <extent2d Stride = 1, extent2d Padding = 0, extent2d Dilation = 1, dim_t Groups = 1, class Context,
          tensor_like X, tensor_like Weight, tensor_like Bias>
auto conv2d(Context& ctx, X&& input, Weight&& weight, Bias&& bias) {
  const auto x = eval(ctx, std::forward<X>(input));
  const auto w = eval(ctx, std::forward<Weight>(weight));
  const auto b = eval(ctx, std::forward<Bias>(bias));
  using B = shape_in<Bias>;
  static_assert(rank_of<B>::template is<1>, "clipt::conv2d: bias [out]: it has another rank");
  static_assert(extents<detail::from_right<B>(1), shape_in<Weight>::static_extent(0)>::equal,
                "clipt::conv2d: bias [out], weight [out, in / Groups, height, width]: the two out differ");
  static_assert(element_types<value_in<X>, value_in<Bias>>::equal,
                "clipt::conv2d: element types are the same: x and bias differ; use cast<T>(x)");
  if constexpr (check_convolution<Stride, Padding, Dilation, Groups, decltype(x), decltype(w)>() &&
                element_types<value_in<X>, value_in<Bias>>::equal)
    return detail::convolved<Stride, Padding, Dilation, Groups>(ctx, x, w, b);
  else
    return x;  // refused: no second error follows
}
/// The same of 16-bit elements: sums of floats, rounded.
template <extent2d Stride = 1, extent2d Padding = 0, extent2d Dilation = 1, dim_t Groups = 1, class Context, narrow X,
          narrow_as<X> Weight, narrow_as<X> Bias>
auto conv2d(Context& ctx, X&& input, Weight&& weight, Bias&& bias) {
  return detail::in_float(
      ctx, [](auto& c, const auto&... x) { return conv2d<Stride, Padding, Dilation, Groups>(c, x...); },
      std::forward<X>(input), std::forward<Weight>(weight), std::forward<Bias>(bias));
}

}  // namespace clipt::inline CLIPT_BUILD
