// Images as operands of matrix products, without a copy of every patch: what a convolution reads, written as tables.
#pragma once
#include <algorithm>  // clamp, copy_n, fill_n, max, min

#include <clipt/core/dims.hpp>           // dim_t
#include <clipt/eval/cpu_micro.hpp>      // panel_width
#include <clipt/eval/thread_buffer.hpp>  // thread_buffer
#include <clipt/ops/convolution.hpp>     // conv_geometry

namespace clipt::inline CLIPT_BUILD::on_cpu {

namespace detail {

/// Images [height, width, channels] in a frame of [rows, columns, channels] of zeros, at (low, low).
struct frame {
  dim_t height, width, channels, low, rows, columns;

  bool is_image() const { return low == 0 && rows == height && columns == width; }
};

/// One convolution with stride 1 in its taps: pixel (y, x) of a grid [rows, columns] reads the taps_y x taps_x frame
/// pixels from (source_y + y source_step, source_x + x source_step) on, and writes the target's pixel
/// (target_y + y target_step, target_x + x target_step). Tap (i, j) is the filter's element
/// (tap_y + i tap_step, tap_x + j tap_step).
struct patch_pass {
  dim_t rows, columns;
  dim_t source_y, source_x, source_step;
  dim_t target_y, target_x, target_step;
  dim_t taps_y, taps_x, tap_y, tap_x, tap_step;
};

inline frame forward_frame(const conv_geometry& g) {
  if (g.padding == 0) return {g.height, g.width, g.in, 0, g.height, g.width};
  return {g.height,
          g.width,
          g.in,
          g.padding,
          (g.out_height() - 1) * g.stride + g.kernel,
          (g.out_width() - 1) * g.stride + g.kernel};
}

inline patch_pass forward_pass(const conv_geometry& g) {
  return {g.out_height(), g.out_width(), 0, 0, g.stride, 0, 0, 1, g.kernel, g.kernel, 0, 0, 1};
}

// The gradient of x is a sum over the taps by which y saw a pixel: (pixel + padding - tap) / stride, where that is
// whole. Pixels of the same remainder modulo the stride see the same taps, in falling order for rising pixels of y:
// for each pair of remainders a convolution of y's gradient with every stride-th tap, flipped.
inline frame backward_frame(const conv_geometry& g) {
  const dim_t low = (g.kernel - 1) / g.stride;
  const auto extent = [&](dim_t x, dim_t y) { return low + std::max(y, (x - 1 + g.padding) / g.stride + 1); };
  return {g.out_height(), g.out_width(), g.out, low, extent(g.height, g.out_height()), extent(g.width, g.out_width())};
}

inline patch_pass backward_pass(const conv_geometry& g, dim_t remainder_y, dim_t remainder_x) {
  const dim_t low = (g.kernel - 1) / g.stride;
  const auto first = [&](dim_t remainder) { return ((remainder - g.padding) % g.stride + g.stride) % g.stride; };
  const auto count = [&](dim_t from, dim_t end) { return from < end ? (end - 1 - from) / g.stride + 1 : dim_t(0); };
  patch_pass p{};
  p.target_y = first(remainder_y), p.target_x = first(remainder_x), p.target_step = g.stride;
  p.rows = count(p.target_y, g.height), p.columns = count(p.target_x, g.width);
  p.taps_y = count(remainder_y, g.kernel), p.taps_x = count(remainder_x, g.kernel);
  p.tap_y = remainder_y + (p.taps_y - 1) * g.stride, p.tap_x = remainder_x + (p.taps_x - 1) * g.stride;
  p.tap_step = -g.stride, p.source_step = 1;
  p.source_y = low + (p.target_y + g.padding) / g.stride - (p.taps_y - 1);
  p.source_x = low + (p.target_x + g.padding) / g.stride - (p.taps_x - 1);
  return p;
}

/// Frame rows [first, first + rows) of some images, one image after another.
template <class T>
struct framed {
  const T* data;
  dim_t first, image_step;
};

/// The rows of the frames that a band needs: the images themselves where they have no frame, or a copy.
template <class T>
framed<T> open_frame(const frame& f, const T* images, dim_t count, dim_t first, dim_t rows) {
  struct frames;
  if (f.is_image()) return {images, 0, f.height * f.width * f.channels};
  const dim_t row = f.columns * f.channels, left = std::min(row, f.low * f.channels);
  const dim_t inner = std::min(f.width * f.channels, row - left);
  T* copy = thread_buffer<frames, T>(count * rows * row);
  T* to = copy;
  for (dim_t n = 0; n < count; ++n)
    for (dim_t r = first; r < first + rows; ++r, to += row) {
      const dim_t y = r - f.low;
      if (y < 0 || y >= f.height) {
        std::fill_n(to, row, T(0));
        continue;
      }
      std::fill_n(to, left, T(0));
      std::copy_n(images + (n * f.height + y) * f.width * f.channels, inner, to + left);
      std::fill_n(to + left + inner, row - left - inner, T(0));
    }
  return {copy, first, rows * row};
}

/// Where the first tap of each pixel of grid rows [begin, end) lies, image after image.
template <class T>
void fill_sources(const patch_pass& p, const frame& f, const framed<T>& from, dim_t images, dim_t begin, dim_t end,
                  dim_t* table) {
  for (dim_t n = 0; n < images; ++n)
    for (dim_t y = begin; y < end; ++y) {
      const dim_t row = (p.source_y + y * p.source_step - from.first) * f.columns + p.source_x;
      for (dim_t x = 0; x < p.columns; ++x) *table++ = n * from.image_step + (row + x * p.source_step) * f.channels;
    }
}

/// Where the results of the same pixels go in images [height, width, channels].
inline void fill_targets(const patch_pass& p, dim_t height, dim_t width, dim_t channels, dim_t images, dim_t begin,
                         dim_t end, dim_t* table) {
  for (dim_t n = 0; n < images; ++n)
    for (dim_t y = begin; y < end; ++y) {
      const dim_t row = (n * height + p.target_y + y * p.target_step) * width + p.target_x;
      for (dim_t x = 0; x < p.columns; ++x) *table++ = (row + x * p.target_step) * channels;
    }
}

/// Where each number of a patch lies, counted from its first tap: [taps_y, taps_x, channels].
inline void fill_taps(const patch_pass& p, const frame& f, dim_t* table) {
  for (dim_t i = 0; i < p.taps_y; ++i)
    for (dim_t j = 0; j < p.taps_x * f.channels; ++j) *table++ = i * f.columns * f.channels + j;
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
    const dim_t tiles = std::max<dim_t>(1, (g.out + tile - 1) / tile);
    const dim_t pixels = g.batch * g.out_height() * g.out_width();
    const dim_t most = std::min({most_slices, std::max<dim_t>(1, images.count), pixels / least_pixels + 1});
    return {images, tiles, std::clamp<dim_t>((tasks + tiles - 1) / tiles, 1, most)};
  }
};

}  // namespace detail

}  // namespace clipt::inline CLIPT_BUILD::on_cpu
