// Convolution with the channels last on the CPU, and its gradients: matrix products whose operands are images.
#pragma once
#include <algorithm>  // clamp, fill_n, max, min
#include <utility>    // pair

#include <clipt/eval/cpu_gemm.hpp>       // part
#include <clipt/eval/cpu_micro.hpp>      // choose_kernel, left_rows
#include <clipt/eval/cpu_pack.hpp>       // pack_rows
#include <clipt/eval/cpu_patches.hpp>    // conv_geometry, frame, patch_pass
#include <clipt/eval/parallel.hpp>       // parallel_for
#include <clipt/eval/thread_buffer.hpp>  // thread_buffer

namespace clipt::on_cpu {

namespace detail {

/// Filters as the right operand of a product: element (tap, channel; column) of `data`.
template <class T>
struct filter_view {
  const T* data;
  dim_t kernel, columns, column_stride, channels, channel_stride;

  dim_t panels() const { return (columns + panel_width<T> - 1) / panel_width<T>; }
};

/// Packs panel number `panel` of a pass as [taps_y, taps_x, channels, panel width]; missing columns are 0.
template <class T>
void pack_filters(const filter_view<T>& w, const patch_pass& p, dim_t panel, T* to) {
  const dim_t first = panel * panel_width<T>, columns = std::min<dim_t>(panel_width<T>, w.columns - first);
  const dim_t padded = columns > width<T> ? panel_width<T> : width<T>;
  for (dim_t i = 0; i < p.taps_y; ++i)
    for (dim_t j = 0; j < p.taps_x; ++j) {
      const T* tap = w.data + (p.tap_y + i * p.tap_step) * w.kernel + p.tap_x + j * p.tap_step;
      for (dim_t channel = 0; channel < w.channels; ++channel, to += padded)
        for (dim_t column = 0; column < padded; ++column)
          to[column] = column < columns ? tap[(first + column) * w.column_stride + channel * w.channel_stride] : T(0);
    }
}

/// The pixels of a piece times all filters: rows [i] of the left operand are `data + source[i]`, results go to
/// `to + target[i]`. `packed` holds the panels of pack_filters one after the other, `taps` the table of fill_taps.
template <class T>
void multiply_patches(const T* data, const dim_t* source, dim_t pixels, const dim_t* taps, dim_t depth, const T* packed,
                      dim_t columns, T* to, const dim_t* target, update how) {
  const row_groups groups(pixels);
  const dim_t blocks = std::max<dim_t>(1, (depth + panel_depth - 1) / panel_depth);
  left_rows<T> left;
  for (dim_t block = 0; block < blocks; ++block) {
    const auto [k, count] = part::of(block, blocks, depth, 1);
    left.offset = taps + k, left.depth = count;
    for (dim_t column = 0; column < columns; column += panel_width<T>) {
      const int some = static_cast<int>(std::min<dim_t>(panel_width<T>, columns - column));
      const T* panel = packed + column * depth + k * (some > width<T> ? panel_width<T> : width<T>);
      right_result<T> result{{}, some, T(1), block ? update::add : how, nullptr};
      for (dim_t group = 0; group < groups.count; ++group) {
        const dim_t first = groups.first(group), rows = groups.first(group + 1) - first;
        for (dim_t i = 0; i < rows; ++i) {
          left.rows[i] = data + source[first + i];
          result.rows[i] = to + target[first + i] + column;
        }
        choose_kernel<T>(rows, some)(left, panel, result);
      }
    }
  }
}

/// One piece of a convolution: its images or its band under one pass.
template <class T>
void convolve_piece(const patch_pass& p, const frame& f, const framed<T>& from, dim_t images, dim_t begin, dim_t end,
                    const dim_t* taps, const T* packed, T* to, dim_t height, dim_t width, dim_t channels, update how) {
  struct tables;
  const dim_t pixels = images * (end - begin) * p.columns, depth = p.taps_y * p.taps_x * f.channels;
  dim_t* source = thread_buffer<tables, dim_t>(2 * pixels);
  fill_sources(p, f, from, images, begin, end, source);
  if (depth == 0) std::fill_n(source, pixels, dim_t(0));  // no tap sees these pixels, and nothing is read
  fill_targets(p, height, width, channels, images, begin, end, source + pixels);
  multiply_patches(from.data, source, pixels, taps, depth, packed, channels, to, source + pixels, how);
}

/// The frame rows [first, second) that a band reads under all passes.
inline std::pair<dim_t, dim_t> rows_read(const patch_pass* passes, dim_t count, const frame& f, dim_t band,
                                         dim_t bands) {
  dim_t low = f.rows, high = 0;
  for (dim_t i = 0; i < count; ++i) {
    const patch_pass& p = passes[i];
    const dim_t begin = p.rows * band / bands, end = p.rows * (band + 1) / bands;
    if (begin == end || p.taps_y == 0) continue;
    low = std::min(low, p.source_y + begin * p.source_step);
    high = std::max(high, p.source_y + (end - 1) * p.source_step + p.taps_y);
  }
  return {low, std::max(low, high)};
}

/// Convolves images in frame `f` under `count` passes into images [height, width, w.columns].
template <class T>
void convolve(const patch_pass* passes, dim_t count, const frame& f, dim_t batch, const T* x, const filter_view<T>& w,
              T* y, dim_t height, dim_t width, update how, T* scratch, int threads) {
  struct taps_of_passes;
  const dim_t panel_size = panel_width<T> * f.channels;  // for each tap
  dim_t depth = 0;
  for (dim_t i = 0; i < count; ++i) depth += passes[i].taps_y * passes[i].taps_x;
  if (batch * passes[0].rows * passes[0].columns * depth * f.channels * w.columns < worth_a_thread) threads = 1;
  dim_t* const taps = thread_buffer<taps_of_passes, dim_t>(depth * f.channels);
  const auto packed = [=](dim_t pass) {  // the first panel of a pass, and how many taps come before it
    dim_t before = 0;
    for (dim_t i = 0; i < pass; ++i) before += passes[i].taps_y * passes[i].taps_x;
    return std::pair(scratch + before * panel_size * w.panels(), taps + before * f.channels);
  };
  parallel_for(threads, count * w.panels(), [=](dim_t piece) {
    const patch_pass& p = passes[piece / w.panels()];
    const dim_t panel = piece % w.panels();
    const auto [panels, offsets] = packed(piece / w.panels());
    if (panel == 0) fill_taps(p, f, offsets);
    pack_filters(w, p, panel, panels + panel * panel_size * p.taps_y * p.taps_x);
  });
  const image_cut cut = image_cut::of(batch, passes[0].rows, passes[0].columns);
  parallel_for(threads, cut.count, [=](dim_t piece) {
    const dim_t n = piece / cut.bands * cut.images, images = std::min(cut.images, batch - n), band = piece % cut.bands;
    const auto row = [&](const patch_pass& p, dim_t edge) { return p.rows * edge / cut.bands; };
    const auto [low, high] = rows_read(passes, count, f, band, cut.bands);
    const T* first = x + n * f.height * f.width * f.channels;
    const auto from = open_frame(f, first, images, low, high - low);
    for (dim_t i = 0; i < count; ++i) {
      const auto [panels, offsets] = packed(i);
      convolve_piece<T>(passes[i], f, from, images, row(passes[i], band), row(passes[i], band + 1), offsets, panels,
                        y + n * height * width * w.columns, height, width, w.columns, how);
    }
  });
}

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

/// Adds the products of one piece of images to `sum` [depth, columns]: patches, transposed, times gradients of pixels.
/// The tables change places: each number of a patch is a row, the pixels are the depth.
template <class T>
void multiply_pixels(const T* data, const dim_t* source, dim_t pixels, const dim_t* taps, dim_t depth, const T* dy,
                     dim_t dy_stride, matrix<T> sum, update how) {
  alignas(64) T panel[panel_depth * panel_width<T>];
  const row_groups groups(depth);
  const dim_t blocks = std::max<dim_t>(1, (pixels + panel_depth - 1) / panel_depth);
  left_rows<T> left;
  for (dim_t block = 0; block < blocks; ++block) {
    const auto [pixel, count] = part::of(block, blocks, pixels, 1);
    left.offset = source + pixel, left.depth = count;
    for (dim_t column = 0; column < sum.columns; column += panel_width<T>) {
      const int some = static_cast<int>(std::min<dim_t>(panel_width<T>, sum.columns - column));
      pack_rows<T>(dy + pixel * dy_stride + column, dy_stride, count, some, some > width<T> ? panel_width<T> : width<T>,
                   panel);
      right_result<T> result{{}, some, T(1), block ? update::add : how, nullptr};
      for (dim_t group = 0; group < groups.count; ++group) {
        const dim_t first = groups.first(group), rows = groups.first(group + 1) - first;
        for (dim_t i = 0; i < rows; ++i) {
          left.rows[i] = data + taps[first + i];
          result.rows[i] = sum.data + (first + i) * sum.stride + column;
        }
        choose_kernel<T>(rows, some)(left, panel, result);
      }
    }
  }
}

/// dweight [out, in, kernel, kernel] from the slices' sums [slices, kernel, kernel, in, out], always in their order.
template <class T>
void add_filter_slices(const conv_geometry& g, const T* partial, dim_t slices, T* dweight, update how, int threads) {
  const dim_t taps = g.kernel * g.kernel;
  parallel_for(threads, g.in, [=](dim_t channel) {
    for (dim_t tap = 0; tap < taps; ++tap)
      for (dim_t o = 0; o < g.out; ++o) {
        T sum = 0;
        for (dim_t s = 0; s < slices; ++s) sum += partial[((s * taps + tap) * g.in + channel) * g.out + o];
        T& to = dweight[(o * g.in + channel) * taps + tap];
        to = how == update::add ? to + sum : sum;
      }
  });
}

}  // namespace detail

/// How many numbers of scratch memory conv2d and its two gradients need at most, for any thread count.
inline dim_t conv2d_scratch(const conv_geometry& g) {
  const auto padded = [](dim_t columns) {  // to whole panels, which hold more floats than doubles
    constexpr dim_t panel = detail::panel_width<float>;
    return (columns + panel - 1) / panel * panel;
  };
  const dim_t taps = g.kernel * g.kernel;
  return std::max({taps * g.in * padded(g.out), taps * g.out * padded(g.in),
                   detail::filter_cut::of(g).slices * taps * g.in * g.out});
}

/// y = x convolved with the filters (cross-correlation, zeros around the images). The same bits for any thread count.
/// PyTorch equivalent: `torch.nn.functional.conv2d(x, weight, None, stride, padding)` in channels_last.
template <class T>
void conv2d(const conv_geometry& g, const T* x, const T* weight, T* y, T* scratch, int threads) {
  const dim_t taps = g.kernel * g.kernel;
  const auto pass = detail::forward_pass(g);
  const detail::filter_view<T> w{weight, g.kernel, g.out, g.in * taps, g.in, taps};
  detail::convolve<T>(&pass, 1, detail::forward_frame(g), g.batch, x, w, y, g.out_height(), g.out_width(),
                      update::store, scratch, threads);
}

/// dx = the gradient of x (or is increased by it) from dy, that of y.
template <class T>
void conv2d_backward_input(const conv_geometry& g, const T* dy, const T* weight, T* dx, update how, T* scratch,
                           int threads) {
  struct passes_of_remainders;
  const dim_t taps = g.kernel * g.kernel;
  auto* passes = thread_buffer<passes_of_remainders, detail::patch_pass>(g.stride * g.stride);
  for (dim_t i = 0; i < g.stride * g.stride; ++i) passes[i] = detail::backward_pass(g, i / g.stride, i % g.stride);
  const detail::filter_view<T> w{weight, g.kernel, g.in, taps, g.out, g.in * taps};
  detail::convolve<T>(passes, g.stride * g.stride, detail::backward_frame(g), g.batch, dy, w, dx, g.height, g.width,
                      how, scratch, threads);
}

/// dweight = the gradient of the weights (or is increased by it) from x and dy.
template <class T>
void conv2d_backward_weight(const conv_geometry& g, const T* x, const T* dy, T* dweight, update how, T* scratch,
                            int threads) {
  struct taps_of_filter;
  struct sources_of_pixels;
  using namespace detail;
  const filter_cut cut = filter_cut::of(g);
  if (g.batch * g.out_height() * g.out_width() * g.depth() * g.out < worth_a_thread) threads = 1;
  const patch_pass p = forward_pass(g);
  const frame f = forward_frame(g);
  dim_t* const taps = thread_buffer<taps_of_filter, dim_t>(g.depth());
  fill_taps(p, f, taps);
  parallel_for(threads, cut.slices * cut.tiles, [=](dim_t task) {
    const dim_t slice = task / cut.tiles;
    const auto [column, columns] = part::of(task % cut.tiles, cut.tiles, g.out, panel_width<T>);
    const auto [first, count] = part::of(slice, cut.slices, cut.images.count, 1);
    const matrix<T> sum{scratch + slice * g.depth() * g.out + column, g.depth(), columns, g.out};
    for (dim_t piece = first; piece < first + count; ++piece) {
      const dim_t n = piece / cut.images.bands * cut.images.images, images = std::min(cut.images.images, g.batch - n);
      const auto [row, rows] = part::of(piece % cut.images.bands, cut.images.bands, p.rows, 1);
      const auto from = open_frame(f, x + n * g.height * g.width * g.in, images, row * g.stride,
                                   rows ? (rows - 1) * g.stride + g.kernel : 0);
      dim_t* source = thread_buffer<sources_of_pixels, dim_t>(images * rows * p.columns);
      fill_sources(p, f, from, images, row, row + rows, source);
      multiply_pixels<T>(from.data, source, images * rows * p.columns, taps, g.depth(),
                         dy + (n * p.rows + row) * p.columns * g.out + column, g.out, sum,
                         piece == first ? update::store : update::add);
    }
    if (count == 0)
      for (dim_t i = 0; i < g.depth(); ++i) std::fill_n(sum.data + i * sum.stride, columns, T(0));
  });
  add_filter_slices<T>(g, scratch, cut.slices, dweight, how, threads);
}

}  // namespace clipt::on_cpu
