// Convolutions of pictures with the channels last on the GPU: products over patches, some pictures at a time.
//
// A patch is what one output sees, in the order (row, column, channel): the filters are turned to it, so that neighbours
// in a patch are neighbours in a picture. Patches of one pixel are the picture itself.
#pragma once
#include <algorithm>  // clamp, min

#include <clipt/cuda/gemm.cuh>        // row_major_product
#include <clipt/cuda/shaping.cuh>     // permute, copying, adding
#include <clipt/ops/convolution.hpp>  // ops::conv2d, conv_geometry

namespace clipt::inline CLIPT_BUILD {

namespace on_cuda {

/// One number of the patches of a group of channels, [outputs, taps, channels].
template <class T>
struct patch_body {
  conv_geometry g;
  const T* x;  // the group's first channel of the first picture
  T* patches;

  CLIPT_HD void operator()(int i) const {
    const dim_t depth = g.depth(), channels = g.group_in(), output = i / depth, k = i - output * depth;
    const dim_t tap = k / channels, row = tap / g.kernel.width, column = tap - row * g.kernel.width;
    const dim_t across = output % g.out_width(), down = output / g.out_width() % g.out_height();
    const dim_t picture = output / (g.out_width() * g.out_height());
    const dim_t at_y = down * g.stride.height + row * g.dilation.height - g.padding.height;
    const dim_t at_x = across * g.stride.width + column * g.dilation.width - g.padding.width;
    const bool inside = at_y >= 0 && at_y < g.height && at_x >= 0 && at_x < g.width;
    patches[i] =
        inside ? x[((picture * g.height + at_y) * g.width + at_x) * g.in + (k - tap * channels)] : static_cast<T>(0);
  }
};

/// The gradient of one number of the pictures, of a group's channels: the sum over the patches that it is in, in order.
template <class T>
struct unpatch_body {
  conv_geometry g;
  const T* patches;
  T* dx;  // the group's first channel of the first picture
  bool stores;

  CLIPT_HD void operator()(int i) const {
    using C = compute_t<T>;
    const dim_t channels = g.group_in(), pixel = i / channels, channel = i - pixel * channels;
    const dim_t x = pixel % g.width, y = pixel / g.width % g.height, picture = pixel / (g.width * g.height);
    C total = 0;
    for (dim_t row = 0; row < g.kernel.height; ++row)
      for (dim_t column = 0; column < g.kernel.width; ++column) {
        const dim_t down = y + g.padding.height - row * g.dilation.height;
        const dim_t across = x + g.padding.width - column * g.dilation.width;
        if (down < 0 || across < 0 || down % g.stride.height != 0 || across % g.stride.width != 0) continue;
        const dim_t out_y = down / g.stride.height, out_x = across / g.stride.width;
        if (out_y >= g.out_height() || out_x >= g.out_width()) continue;
        const dim_t output = (picture * g.out_height() + out_y) * g.out_width() + out_x;
        total += static_cast<C>(patches[(output * g.taps() + row * g.kernel.width + column) * channels + channel]);
      }
    T& to = dx[pixel * g.in + channel];
    to = static_cast<T>(stores ? total : static_cast<C>(to) + total);
  }
};

/// y = max(0, scale y + shift + added), of which parts may be missing.
template <class T>
struct epilogue_body {
  conv_epilogue<T> then;
  T* y;
  dim_t channels;

  CLIPT_HD void operator()(int i) const {
    const dim_t channel = i % channels;
    T value = y[i];
    if (then.scale != nullptr) value = value * then.scale[channel];
    if (then.shift != nullptr) value = value + then.shift[channel];
    if (then.added != nullptr) value = value + then.added[i];
    y[i] = then.rectified && value < T(0) ? T(0) : value;
  }
};

/// What one convolution is made of: pieces of some pictures, and in each the groups of channels.
template <class Context, class T>
class convolution_pieces {
 public:
  convolution_pieces(Context& ctx, const conv_geometry& geometry)
      : ctx_(ctx), g_(geometry), at_once_(pictures_at_once(geometry)),
        patches_(sees_pixels() ? nullptr : ctx.template scratch<T>(at_once_ * outputs() * g_.depth())) {}

  /// Whether each output sees one pixel, at its own place.
  bool sees_pixels() const {
    const extent2d one = 1, none = 0;
    return g_.kernel == one && g_.stride == one && g_.padding == none;
  }
  /// Of one picture.
  dim_t outputs() const { return g_.out_height() * g_.out_width(); }

  /// The filters in the order of patches, [out, taps, channels of a group]; themselves where a patch is a pixel.
  const T* turned(const T* weight) const {
    if (g_.taps() == 1) return weight;
    T* const to = ctx_.template scratch<T>(g_.out * g_.depth());
    permute<copying>(ctx_.state().stream, filter_order(), weight, to, false);
    return to;
  }
  /// How the filters [out, channels of a group, taps] are turned.
  axis_order filter_order() const {
    const dim_t extents[] = {g_.out, g_.group_in(), g_.taps()};
    constexpr int order[] = {0, 2, 1};
    return {extents, order, 3};
  }

  /// f(first picture, pictures, group) for all.
  template <class F>
  void for_each_piece(F f) const {
    for (dim_t first = 0; first < g_.batch; first += at_once_)
      for (dim_t group = 0; group < g_.groups; ++group) f(first, std::min(at_once_, g_.batch - first), group);
  }

  /// The patches of a piece, [outputs, depth].
  strided_rows<const T> patches_of(const T* x, dim_t first, dim_t pictures, dim_t group) const {
    const T* const from = x + first * g_.height * g_.width * g_.in + group * g_.group_in();
    if (sees_pixels()) return {from, g_.in};
    for_each(ctx_.state().stream, pictures * outputs() * g_.depth(), patch_body<T>{g_, from, patches_});
    return {patches_, g_.depth()};
  }
  /// Room for the gradients of a piece's patches.
  T* patches() const { return patches_; }

  /// A piece of what lies as y: a group's columns of its rows.
  template <class U>
  strided_rows<U> rows_of(U* y, dim_t first, dim_t group) const {
    return {y + first * outputs() * g_.out + group * g_.group_out(), g_.out};
  }

 private:
  /// Patches of up to 4 million numbers, which stay in the GPU's second cache.
  static dim_t pictures_at_once(const conv_geometry& g) {
    const dim_t of_one = std::max<dim_t>(1, g.out_height() * g.out_width() * g.depth());
    return std::clamp<dim_t>((dim_t{1} << 22) / of_one, 1, std::max<dim_t>(1, g.batch));
  }

  Context& ctx_;
  conv_geometry g_;
  dim_t at_once_;
  T* patches_;
};

}  // namespace on_cuda

template <>
struct kernel<ops::conv2d, gpu> {
  template <class Context, class T>
  static void forward(Context& ctx, const conv_geometry& g, const T* x, const T* weight, T* y,
                      const conv_epilogue<T>& then) {
    using namespace on_cuda;
    const auto mark = ctx.memory().values.mark();
    const convolution_pieces<Context, T> of(ctx, g);
    const T* const filters = of.turned(weight);
    of.for_each_piece([&](dim_t first, dim_t pictures, dim_t group) {
      const strided_rows<const T> own{filters + group * g.group_out() * g.depth(), g.depth()};
      row_major_product(ctx, product_form::nt, pictures * of.outputs(), g.group_out(), g.depth(),
                        of.patches_of(x, first, pictures, group), own, of.rows_of(y, first, group), true);
    });
    ctx.memory().values.release(mark);
    if (then.scale != nullptr || then.shift != nullptr || then.added != nullptr || then.rectified)
      for_each(ctx.state().stream, g.batch * of.outputs() * g.out, epilogue_body<T>{then, y, g.out});
  }

  template <class Context, class X, class W, class T>
  static void backward(Context& ctx, const conv_geometry& g, const X& x, const W& weight, const T* dy) {
    using namespace on_cuda;
    const convolution_pieces<Context, T> of(ctx, g);
    if constexpr (active<W>) to_filters(ctx, of, g, x.data(), dy, weight.gradient, weight.stores);
    if constexpr (active<X>) to_pictures(ctx, of, g, weight.data(), dy, x.gradient, x.stores);
  }

 private:
  /// dweight = dyᵀ patches, in the order of patches, then turned back.
  template <class Context, class T>
  static void to_filters(Context& ctx, const on_cuda::convolution_pieces<Context, T>& of, const conv_geometry& g,
                         const T* x, const T* dy, T* gradient, bool stores) {
    using namespace on_cuda;
    const dim_t size = g.out * g.depth();
    const auto stream = ctx.state().stream;
    T* const turned = ctx.template scratch<T>(size);
    zero_bytes(stream, turned, static_cast<std::size_t>(size) * sizeof(T));
    of.for_each_piece([&](dim_t first, dim_t pictures, dim_t group) {
      const strided_rows<T> own{turned + group * g.group_out() * g.depth(), g.depth()};
      row_major_product(ctx, product_form::tn, g.group_out(), g.depth(), pictures * of.outputs(),
                        of.rows_of(dy, first, group), of.patches_of(x, first, pictures, group), own, false);
    });
    if (stores)
      permute<copying>(stream, of.filter_order(), static_cast<const T*>(turned), gradient, true);
    else
      permute<adding>(stream, of.filter_order(), static_cast<const T*>(turned), gradient, true);
  }

  /// The gradients of patches are dy weight; each pixel adds up those that it is in.
  template <class Context, class T>
  static void to_pictures(Context& ctx, const on_cuda::convolution_pieces<Context, T>& of, const conv_geometry& g,
                          const T* weight, const T* dy, T* gradient, bool stores) {
    using namespace on_cuda;
    const T* const filters = of.turned(weight);
    of.for_each_piece([&](dim_t first, dim_t pictures, dim_t group) {
      const strided_rows<const T> own{filters + group * g.group_out() * g.depth(), g.depth()};
      T* const to = gradient + first * g.height * g.width * g.in + group * g.group_in();
      const bool direct = of.sees_pixels();
      row_major_product(
          ctx, product_form::nn, pictures * of.outputs(), g.depth(), g.group_out(), of.rows_of(dy, first, group), own,
          direct ? strided_rows<T>{to, g.in} : strided_rows<T>{of.patches(), g.depth()}, direct ? stores : true);
      if (!direct)
        for_each(ctx.state().stream, pictures * g.height * g.width * g.group_in(),
                 unpatch_body<T>{g, of.patches(), to, stores});
    });
  }
};

}  // namespace clipt::inline CLIPT_BUILD
