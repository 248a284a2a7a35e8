// Images as operands of matrix products, without a copy of every patch: what a convolution reads, written as tables.
#pragma once
#include <algorithm>  // clamp, copy_n, fill_n, max, min
#include <numeric>    // gcd

#include <clipt/core/dims.hpp>           // dim_t
#include <clipt/eval/cpu_micro.hpp>      // panel_width
#include <clipt/eval/thread_buffer.hpp>  // thread_buffer
#include <clipt/ops/convolution.hpp>     // conv_geometry

namespace clipt::inline CLIPT_BUILD::on_cpu {

namespace detail {

/// Images [height, width, channels] whose pixels lie `pixel` numbers apart (more than `channels`: the others belong to
/// other groups), in a frame of [rows, columns, channels] of zeros, at (low_y, low_x).
struct frame {
  dim_t height, width, channels, pixel, low_y, low_x, rows, columns;

  bool is_image() const { return low_y == 0 && low_x == 0 && rows == height && columns == width; }
  /// From pixel to pixel of what is read: the images, or a copy of this group alone.
  dim_t step() const { return is_image() ? pixel : channels; }
};

/// A patch_pass along one axis: pixel i of `count` reads `taps` frame pixels, `spread` apart, from
/// source + i source_step on, and writes the target's pixel target + i target_step; its tap j is the filter's element
/// tap + j tap_step.
struct pass_axis {
  dim_t count, source, source_step, target, target_step, taps, tap, tap_step, spread;

  /// Behind the last frame pixel that pixels before `end` read.
  dim_t source_end(dim_t end) const { return source + (end - 1) * source_step + (taps - 1) * spread + 1; }
};

/// One convolution of a grid of y.count x x.count pixels.
struct patch_pass {
  pass_axis y, x;

  dim_t taps() const { return y.taps * x.taps; }
  /// How many neighbours in memory a row of taps is: whole rows where no pixel and no channel lies between.
  dim_t run(const frame& f) const { return x.spread == 1 && f.step() == f.channels ? x.taps * f.channels : f.channels; }
};

inline frame forward_frame(const conv_geometry& g) {
  if (g.padding == extent2d(0)) return {g.height, g.width, g.group_in(), g.in, 0, 0, g.height, g.width};
  return {g.height,
          g.width,
          g.group_in(),
          g.in,
          g.padding.height,
          g.padding.width,
          (g.out_height() - 1) * g.stride.height + g.span().height,
          (g.out_width() - 1) * g.stride.width + g.span().width};
}

inline patch_pass forward_pass(const conv_geometry& g) {
  return {{g.out_height(), 0, g.stride.height, 0, 1, g.kernel.height, 0, 1, g.dilation.height},
          {g.out_width(), 0, g.stride.width, 0, 1, g.kernel.width, 0, 1, g.dilation.width}};
}

// The gradient of x is a sum over the taps by which y saw a pixel: (pixel + padding - dilation tap) / stride, where
// that is whole. Pixels of the same remainder modulo the stride see the same taps, in falling order for rising pixels of y:
// for each pair of remainders a convolution of y's gradient with every period-th tap, flipped, where the period is
// stride / gcd(stride, dilation).
inline frame backward_frame(const conv_geometry& g) {
  const dim_t low_y = (g.span().height - 1) / g.stride.height, low_x = (g.span().width - 1) / g.stride.width;
  const auto extent = [](dim_t low, dim_t x, dim_t y, dim_t padding, dim_t stride) {
    return low + std::max(y, (x - 1 + padding) / stride + 1);
  };
  return {g.out_height(),
          g.out_width(),
          g.group_out(),
          g.out,
          low_y,
          low_x,
          extent(low_y, g.height, g.out_height(), g.padding.height, g.stride.height),
          extent(low_x, g.width, g.out_width(), g.padding.width, g.stride.width)};
}

inline pass_axis backward_axis(dim_t extent, dim_t kernel, dim_t stride, dim_t padding, dim_t dilation,
                               dim_t remainder) {
  const auto count = [](dim_t from, dim_t end, dim_t step) { return from < end ? (end - 1 - from) / step + 1 : 0; };
  const dim_t common = std::gcd(stride, dilation), period = stride / common;
  dim_t first_tap = 0;
  while (first_tap < period && first_tap * dilation % stride != remainder) ++first_tap;
  pass_axis a{};
  a.target = ((remainder - padding) % stride + stride) % stride, a.target_step = stride;
  a.count = count(a.target, extent, stride);
  a.taps = first_tap < period ? count(first_tap, kernel, period) : 0;
  a.tap = first_tap + (a.taps - 1) * period, a.tap_step = -period;
  a.source = (window_span(kernel, dilation) - 1) / stride + (a.target + padding - a.tap * dilation) / stride;
  a.source_step = 1, a.spread = dilation / common;
  return a;
}

inline patch_pass backward_pass(const conv_geometry& g, dim_t remainder_y, dim_t remainder_x) {
  return {backward_axis(g.height, g.kernel.height, g.stride.height, g.padding.height, g.dilation.height, remainder_y),
          backward_axis(g.width, g.kernel.width, g.stride.width, g.padding.width, g.dilation.width, remainder_x)};
}

/// Frame rows [first, first + rows) of some images, one image after another.
template <class T>
struct framed {
  const T* data;
  dim_t first, image_step;
};

/// One row of `width` pixels without the channels of other groups.
template <class T>
void copy_pixels(const frame& f, const T* from, dim_t width, T* to) {
  if (f.pixel == f.channels)
    std::copy_n(from, width * f.channels, to);
  else
    for (dim_t x = 0; x < width; ++x) std::copy_n(from + x * f.pixel, f.channels, to + x * f.channels);
}

/// The rows of the frames that a band needs: the images themselves where they have no frame, or a copy.
template <class T>
framed<T> open_frame(const frame& f, const T* images, dim_t count, dim_t first, dim_t rows) {
  struct frames;
  if (f.is_image()) return {images, 0, f.height * f.width * f.pixel};
  const dim_t row = f.columns * f.channels, left = std::min(f.columns, f.low_x);
  const dim_t inner = std::min(f.width, f.columns - left), right = f.columns - left - inner;
  T* copy = thread_buffer<frames, T>(count * rows * row);
  T* to = copy;
  for (dim_t n = 0; n < count; ++n)
    for (dim_t r = first; r < first + rows; ++r, to += row) {
      const dim_t y = r - f.low_y;
      if (y < 0 || y >= f.height) {
        std::fill_n(to, row, T(0));
        continue;
      }
      std::fill_n(to, left * f.channels, T(0));
      copy_pixels(f, images + (n * f.height + y) * f.width * f.pixel, inner, to + left * f.channels);
      std::fill_n(to + (left + inner) * f.channels, right * f.channels, T(0));
    }
  return {copy, first, rows * row};
}

/// Where the first tap of each pixel of grid rows [begin, end) lies, image after image.
template <class T>
void fill_sources(const patch_pass& p, const frame& f, const framed<T>& from, dim_t images, dim_t begin, dim_t end,
                  dim_t* table) {
  for (dim_t n = 0; n < images; ++n)
    for (dim_t y = begin; y < end; ++y) {
      const dim_t row = (p.y.source + y * p.y.source_step - from.first) * f.columns + p.x.source;
      for (dim_t x = 0; x < p.x.count; ++x) *table++ = n * from.image_step + (row + x * p.x.source_step) * f.step();
    }
}

/// Where the results of the same pixels go in images [height, width, channels].
inline void fill_targets(const patch_pass& p, dim_t height, dim_t width, dim_t channels, dim_t images, dim_t begin,
                         dim_t end, dim_t* table) {
  for (dim_t n = 0; n < images; ++n)
    for (dim_t y = begin; y < end; ++y) {
      const dim_t row = (n * height + p.y.target + y * p.y.target_step) * width + p.x.target;
      for (dim_t x = 0; x < p.x.count; ++x) *table++ = (row + x * p.x.target_step) * channels;
    }
}

/// Where each number of a patch lies, counted from its first tap: [taps_y, taps_x, channels].
inline void fill_taps(const patch_pass& p, const frame& f, dim_t* table) {
  for (dim_t i = 0; i < p.y.taps; ++i)
    for (dim_t j = 0; j < p.x.taps; ++j)
      for (dim_t channel = 0; channel < f.channels; ++channel)
        *table++ = (i * p.y.spread * f.columns + j * p.x.spread) * f.step() + channel;
}

/// How images are cut into pieces of work, by shape alone: some small images at once, or bands of one large image.
struct image_cut {
  dim_t images, bands, count;  // images at once, bands of an image, pieces

  static image_cut of(dim_t batch, dim_t rows, dim_t columns) {
    constexpr dim_t pieces = 32, pixels = 512;
    const dim_t each = std::max<dim_t>(1, rows * columns);
    const dim_t images = std::clamp<dim_t>(pixels / each, 1, std::max<dim_t>(1, batch / pieces));
    const dim_t wanted = (pieces + batch - 1) / std::max<dim_t>(1, batch);  // 1 for batches of `pieces` images on
    const dim_t bands = std::clamp<dim_t>(std::min(wanted, each / pixels + 1), 1, std::max<dim_t>(1, rows));
    return {images, bands, (batch + images - 1) / images * bands};
  }
};

/// How the gradient of the weights is cut, by shape alone: tiles of output channels, and slices of the pieces of
/// images, whose sums are added afterwards.
struct filter_cut {
  image_cut images;
  dim_t tiles, slices;

  static filter_cut of(const conv_geometry& g) {
    constexpr dim_t tasks = 32, least_pixels = 1024, most_slices = 16, tile = 64;
    const image_cut images = image_cut::of(g.batch, g.out_height(), g.out_width());
    const dim_t tiles = std::max<dim_t>(1, (g.group_out() + tile - 1) / tile);
    const dim_t pixels = g.batch * g.out_height() * g.out_width();
    const dim_t most = std::min({most_slices, std::max<dim_t>(1, images.count), pixels / least_pixels + 1});
    return {images, tiles, std::clamp<dim_t>((tasks + tiles - 1) / tiles, 1, most)};
  }
};

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD::on_cpu
