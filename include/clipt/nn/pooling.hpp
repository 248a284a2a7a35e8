// avg_pool2d and max_pool2d: windows of pictures with the channels last.
#pragma once
#include <cstdint>  // int32_t

#include <clipt/autodiff/evaluate.hpp>     // eval, record_result
#include <clipt/eval/cpu_convolution.hpp>  // the kernels on the CPU

namespace clipt::inline CLIPT_BUILD {

namespace detail {

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

/// max_pool2d of pictures whose extents are values; a recording keeps which tap won.
template <class Context, class X>
auto max_pool2d(Context& ctx, const X& x, const max_pool_geometry& e) {
  const auto out =
      ctx.template output<typename X::value_type>(picture_shape(e.batch, e.out_height(), e.out_width(), e.channels));
  std::int32_t* const winners = Context::records ? ctx.template scratch<std::int32_t>(out.size()) : nullptr;
  run_forward<ops::max_pool2d>(ctx, e, x.data(), out.data(), winners);
  return record_result(
      ctx, out,
      [e, winners](auto& c, const auto& g, const auto& pictures) {
        run_backward<ops::max_pool2d>(c, e, g.data(), winners, pictures.gradient, pictures.stores);
      },
      x);
}

}  // namespace detail

/// Refuses pictures that are none of an avg_pool2d; whether they are such. `auto`, without which clang++ 14 compiles it
/// later and does not name the user's line.
template <dim_t Size, class S>
constexpr auto check_avg_pool() {
  using window = moving_window<Size, Size, 0>;
  static_assert(rank_of<S>::template is<4>,
                "clipt::avg_pool2d: x [batch, height, width, channels]: x has another rank");
  if constexpr (rank_of<S>::template is<4>) {
    constexpr dim_t height = S::static_extent(1), width = S::static_extent(2);
    static_assert(static_extent<height>::known && static_extent<width>::known,
                  "clipt::avg_pool2d: height and width are known at compile time: one is not");
    static_assert(window::moves && window::template lies_in<height> && window::template lies_in<width>,
                  "clipt::avg_pool2d: Size is at least 1, and a square lies within the picture: it does not");
    return window::moves && height >= 0 && width >= 0;
  } else {
    return false;
  }
}

/// The means of squares of Size x Size pixels side by side: [batch, height, width, channels] ->
/// [batch, height / Size, width / Size, channels]; rows and columns that fill no square are left out.
///
/// dx = g / Size² for each pixel of a square. PyTorch equivalent: `F.avg_pool2d(x, size)` in channels_last.
template <dim_t Size, class Context, tensor_like X>
auto avg_pool2d(Context& ctx, X&& input) {
  const auto x = eval(ctx, std::forward<X>(input));
  if constexpr (check_avg_pool<Size, shape_in<X>>()) {
    using S = shape_in<X>;
    using Out = shape<S::static_extent(0), S::static_extent(1) / Size, S::static_extent(2) / Size, S::static_extent(3)>;
    const auto s = x.shape();
    const pool_geometry e{s.extent(0), s.extent(1), s.extent(2), s.extent(3), Size};
    const auto means = detail::avg_pool2d(
        ctx, detail::with_shape(x, detail::picture_shape(e.batch, e.height, e.width, e.channels)), e);
    return detail::with_shape(means, Out::from({e.batch, e.out_height(), e.out_width(), e.channels}));
  } else {
    return x;  // refused: no second error follows
  }
}

/// Refuses pictures and windows that are none of a max_pool2d; whether they are such. `auto`, without which clang++ 14
/// compiles it later and does not name the user's line.
template <extent2d Window, extent2d Stride, extent2d Padding, class X>
constexpr auto check_max_pool() {
  using S = shape_in<X>;
  using down = moving_window<Window.height, Stride.height, Padding.height>;
  using across = moving_window<Window.width, Stride.width, Padding.width>;
  constexpr bool pictures = rank_of<S>::template is<4>;
  static_assert(rank_of<S>::template is<4>,
                "clipt::max_pool2d: x [batch, height, width, channels]: x has another rank");
  static_assert(down::moves && across::moves,
                "clipt::max_pool2d: Window and Stride are at least 1, Padding at least 0: one is less");
  static_assert(down::pads_by_half_at_most && across::pads_by_half_at_most,
                "clipt::max_pool2d: Padding is at most half of Window, so that each window sees a pixel: it is more");
  static_assert(numbers<value_in<X>>::are_floating,
                "clipt::max_pool2d: elements are floating: they are integers; use cast<float>(x)");
  if constexpr (pictures) {
    constexpr dim_t height = S::static_extent(1), width = S::static_extent(2);
    static_assert(down::template lies_in<height> && across::template lies_in<width>,
                  "clipt::max_pool2d: Window lies within the picture and its padding: it is larger");
    static_assert(detail::window_over<Window.height, Stride.height, Padding.height, height>::keeps_names &&
                      detail::window_over<Window.width, Stride.width, Padding.width, width>::keeps_names,
                  "clipt::max_pool2d: height and width are known at compile time where they change: they are not");
  }
  return pictures && down::moves && across::moves && numbers<value_in<X>>::are_floating;
}

/// The largest elements of windows, the channels last: [batch, height, width, channels] ->
/// [batch, (height + 2 Padding - Window) / Stride + 1, likewise width, channels].
///
/// Window, Stride and Padding are numbers or differ by axis, `max_pool2d<extent2d{2, 3}>(ctx, x)`; a Stride of 0 is
/// Window. Padding counts as minus infinity, and a NaN wins. Height and width are known at compile time or unchanged.
/// dx = the sum of the g of the windows that an element won: the first of equals, row by row, of NaNs the last.
/// PyTorch equivalent: `F.max_pool2d(x, window, stride, padding)` in channels_last.
template <extent2d Window, extent2d Stride = 0, extent2d Padding = 0, class Context, tensor_like X>
auto max_pool2d(Context& ctx, X&& input) {
  const auto x = eval(ctx, std::forward<X>(input));
  constexpr extent2d stride = Stride == extent2d(0) ? Window : Stride;
  if constexpr (check_max_pool<Window, stride, Padding, decltype(x)>()) {
    using S = shape_in<X>;
    using Out = shape<
        S::static_extent(0), detail::window_extent(S::static_extent(1), Window.height, stride.height, Padding.height),
        detail::window_extent(S::static_extent(2), Window.width, stride.width, Padding.width), S::static_extent(3)>;
    const auto s = x.shape();
    const max_pool_geometry e{s.extent(0), s.extent(1), s.extent(2), s.extent(3), Window, stride, Padding};
    const auto largest = detail::max_pool2d(
        ctx, detail::with_shape(x, detail::picture_shape(e.batch, e.height, e.width, e.channels)), e);
    return detail::with_shape(largest, Out::from({e.batch, e.out_height(), e.out_width(), e.channels}));
  } else {
    return x;  // refused: no second error follows
  }
}

}  // namespace clipt::inline CLIPT_BUILD
