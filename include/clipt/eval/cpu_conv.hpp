// Convolution with the channels last on the CPU, and the gradient of its input: products whose operands are images.
#pragma once
#include <algorithm>  // clamp, fill_n, max, min
#include <cstdint>    // uint32_t
#include <utility>    // pair

#include <clipt/eval/cpu_engine.hpp>     // engine
#include <clipt/eval/cpu_gemm.hpp>       // worth_a_thread
#include <clipt/eval/cpu_micro.hpp>      // panel_width, panel_padding
#include <clipt/eval/cpu_pack.hpp>       // pack_columns
#include <clipt/eval/cpu_patches.hpp>    // filter_cut, patch_pass
#include <clipt/eval/parallel.hpp>       // parallel_for
#include <clipt/eval/thread_buffer.hpp>  // thread_buffer
#include <clipt/eval/tile.hpp>           // part
#include <clipt/ops/convolution.hpp>     // conv_geometry, conv_epilogue

namespace clipt::inline CLIPT_BUILD::on_cpu {

namespace detail {

/// Filters as the right operand of a product: element (tap, channel; column) of `data`.
template <class T>
struct filter_view {
  const T* data;
  extent2d kernel;
  dim_t columns, column_stride, channels, channel_stride;

  dim_t panels() const { return (columns + panel_width<T> - 1) / panel_width<T>; }
  /// Whether a pass reads each filter whole, as it lies.
  bool reads_whole(const patch_pass& p) const {
    return channel_stride == kernel.height * kernel.width && p.y.tap_step == 1 && p.x.tap_step == 1 &&
           p.y.taps == kernel.height && p.x.taps == kernel.width;
  }
};

/// Where convolutions write: images [height, width, channels], of which a group writes some.
template <class T>
struct image_target {
  T* data;
  dim_t height, width, channels;
  update how;
  conv_epilogue<T> then;

  /// The same from image `n` on.
  image_target from(dim_t n) const {
    image_target rest = *this;
    rest.data += n * height * width * channels;
    if (then.added) rest.then.added += n * height * width * channels;
    return rest;
  }
  /// The same from channel `c` on.
  image_target from_channel(dim_t c) const {
    image_target rest = *this;
    rest.data += c;
    if (then.scale) rest.then.scale += c;
    if (then.shift) rest.then.shift += c;
    if (then.added) rest.then.added += c;
    return rest;
  }
};

/// Columns [first, first + columns) of filters that a pass reads whole.
template <class T>
void pack_whole_filters(const filter_view<T>& w, dim_t first, dim_t columns, dim_t padded, T* to) {
  const auto taps = static_cast<std::uint32_t>(w.channel_stride);
  const auto tap_by_tap = [&](dim_t k) {
    return dim_t(std::uint32_t(k) % taps) * w.channels + std::uint32_t(k) / taps;
  };
  const T* filters = w.data + first * w.column_stride;
  const dim_t depth = w.channels * w.channel_stride;
  if (taps == 1) return pack_columns(filters, w.column_stride, depth, columns, padded, to);
  pack_columns(filters, w.column_stride, depth, columns, padded, to, tap_by_tap);
}

/// Packs panel number `panel` of a pass as [taps_y, taps_x, channels, panel width], or, for an engine that packs
/// columns, as [panel width, taps_y, taps_x, channels]. Nobody reads missing columns.
template <class T>
void pack_filters(const filter_view<T>& w, const patch_pass& p, dim_t panel, T* to) {
  const dim_t first = panel * panel_width<T>, columns = std::min<dim_t>(panel_width<T>, w.columns - first);
  const dim_t padded = engine::packs_columns ? columns : panel_padding<T>(columns);
  if (!engine::packs_columns && w.reads_whole(p)) return pack_whole_filters(w, first, columns, padded, to);
  const dim_t column_step = engine::packs_columns ? p.taps() * w.channels : 1;
  const dim_t depth_step = engine::packs_columns ? 1 : padded;
  for (dim_t i = 0; i < p.y.taps; ++i)
    for (dim_t j = 0; j < p.x.taps; ++j) {
      const T* tap = w.data + (p.y.tap + i * p.y.tap_step) * w.kernel.width + p.x.tap + j * p.x.tap_step;
      for (dim_t channel = 0; channel < w.channels; ++channel, to += depth_step)
        for (dim_t column = 0; column < padded; ++column)
          to[column * column_step] =
              column < columns ? tap[(first + column) * w.column_stride + channel * w.channel_stride] : T(0);
    }
}

/// One piece of a convolution: its images or its band under one pass, a strip of its channels.
template <class T>
void convolve_piece(const patch_pass& p, const frame& f, const framed<T>& from, dim_t images, dim_t begin, dim_t end,
                    const dim_t* taps, const T* packed, const part& strip, const image_target<T>& y) {
  struct tables;
  const dim_t pixels = images * (end - begin) * p.x.count, depth = p.taps() * f.channels;
  dim_t* source = thread_buffer<tables, dim_t>(2 * pixels);
  fill_sources(p, f, from, images, begin, end, source);
  if (depth == 0) std::fill_n(source, pixels, dim_t(0));  // no tap sees these pixels, and nothing is read
  fill_targets(p, y.height, y.width, y.channels, images, begin, end, source + pixels);
  const auto from_strip = [&](const T* x) { return x ? x + strip.first : nullptr; };
  engine::multiply<T>({pixels, strip.count, depth}, {from.data, {source}, {taps, 0, p.run(f)}},
                      {packed + strip.first * depth, depth, transpose::yes, true},
                      {y.data + strip.first,
                       {source + pixels},
                       T(1),
                       y.how,
                       from_strip(y.then.shift),
                       from_strip(y.then.scale),
                       from_strip(y.then.added),
                       y.then.rectified});
}

/// The frame rows [first, second) that a band reads under all passes.
inline std::pair<dim_t, dim_t> rows_read(const patch_pass* passes, dim_t count, const frame& f, dim_t band,
                                         dim_t bands) {
  dim_t low = f.rows, high = 0;
  for (dim_t i = 0; i < count; ++i) {
    const patch_pass& p = passes[i];
    const dim_t begin = p.y.count * band / bands, end = p.y.count * (band + 1) / bands;
    if (begin == end || p.y.taps == 0) continue;
    low = std::min(low, p.y.source + begin * p.y.source_step);
    high = std::max(high, p.y.source_end(end));
  }
  return {low, std::max(low, high)};
}

/// In how many strips of channels each piece of images is cut: into more than one where few images are small.
inline dim_t channel_strips(const image_cut& cut, dim_t panels) {
  constexpr dim_t pieces = 32;
  return std::clamp<dim_t>(pieces / std::max<dim_t>(1, cut.count), 1, std::max<dim_t>(1, panels));
}

/// Convolves images in frame `f` under `count` passes into `y`.
template <class T>
void convolve(const patch_pass* passes, dim_t count, const frame& f, dim_t batch, const T* x, const filter_view<T>& w,
              const image_target<T>& y, T* scratch, int threads) {
  struct taps_of_passes;
  const dim_t panel_size = panel_width<T> * f.channels;  // for each tap
  dim_t depth = 0;
  for (dim_t i = 0; i < count; ++i) depth += passes[i].taps();
  if (batch * passes[0].y.count * passes[0].x.count * depth * f.channels * w.columns < worth_a_thread) threads = 1;
  dim_t* const taps = thread_buffer<taps_of_passes, dim_t>(depth * f.channels);
  const auto packed = [=](dim_t pass) {  // the first panel of a pass, and how many taps come before it
    dim_t before = 0;
    for (dim_t i = 0; i < pass; ++i) before += passes[i].taps();
    return std::pair(scratch + before * panel_size * w.panels(), taps + before * f.channels);
  };
  parallel_for(threads, count * w.panels(), [=](dim_t piece) {
    const patch_pass& p = passes[piece / w.panels()];
    const dim_t panel = piece % w.panels();
    const auto [panels, offsets] = packed(piece / w.panels());
    if (panel == 0) fill_taps(p, f, offsets);
    pack_filters(w, p, panel, panels + panel * panel_size * p.taps());
  });
  const image_cut cut = image_cut::of(batch, passes[0].y.count, passes[0].x.count);
  const dim_t strips = channel_strips(cut, w.panels());
  parallel_for(threads, cut.count * strips, [=](dim_t task) {
    const part strip = part::of(task % strips, strips, w.columns, panel_width<T>);
    const dim_t piece = task / strips;
    const dim_t n = piece / cut.bands * cut.images, images = std::min(cut.images, batch - n), band = piece % cut.bands;
    const auto row = [&](const patch_pass& p, dim_t edge) { return p.y.count * edge / cut.bands; };
    const auto [low, high] = rows_read(passes, count, f, band, cut.bands);
    const T* first = x + n * f.height * f.width * f.pixel;
    const auto from = open_frame(f, first, images, low, high - low);
    for (dim_t i = 0; i < count; ++i) {
      const auto [panels, offsets] = packed(i);
      convolve_piece<T>(passes[i], f, from, images, row(passes[i], band), row(passes[i], band + 1), offsets, panels,
                        strip, y.from(n));
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
  return std::max({g.depth() * padded(g.group_out()), g.taps() * g.group_out() * padded(g.group_in()),
                   detail::filter_cut::of(g).slices * g.depth() * g.group_out()});
}

// Groups run one after the other, each as a convolution of its own on every groups-th part of the channels: many small
// groups, one channel each in the extreme, fill a fraction of a panel and cost as much as full ones.

/// y = x convolved with the filters (cross-correlation, zeros around the images), and what `then` says. The same bits
/// for any thread count.
/// PyTorch equivalent: `F.conv2d(x, weight, None, stride, padding, dilation, groups)` in channels_last.
template <class T>
void conv2d(const conv_geometry& g, const T* x, const T* weight, T* y, T* scratch, int threads,
            const conv_epilogue<T>& then = {}) {
  const auto pass = detail::forward_pass(g);
  const detail::image_target<T> to{y, g.out_height(), g.out_width(), g.out, update::store, then};
  for (dim_t group = 0; group < g.groups; ++group) {
    const dim_t first = group * g.group_out();
    const detail::filter_view<T> w{
        weight + first * g.depth(), g.kernel, g.group_out(), g.depth(), g.group_in(), g.taps()};
    detail::convolve<T>(&pass, 1, detail::forward_frame(g), g.batch, x + group * g.group_in(), w,
                        to.from_channel(first), scratch, threads);
  }
}

/// dx = the gradient of x (or is increased by it) from dy, that of y.
template <class T>
void conv2d_backward_input(const conv_geometry& g, const T* dy, const T* weight, T* dx, update how, T* scratch,
                           int threads) {
  struct passes_of_remainders;
  const dim_t count = g.stride.height * g.stride.width;
  auto* passes = thread_buffer<passes_of_remainders, detail::patch_pass>(count);
  for (dim_t i = 0; i < count; ++i) passes[i] = detail::backward_pass(g, i / g.stride.width, i % g.stride.width);
  const detail::image_target<T> to{dx, g.height, g.width, g.in, how, {}};
  for (dim_t group = 0; group < g.groups; ++group) {
    const dim_t first = group * g.group_out();
    const detail::filter_view<T> w{
        weight + first * g.depth(), g.kernel, g.group_in(), g.taps(), g.group_out(), g.depth()};
    detail::convolve<T>(passes, count, detail::backward_frame(g), g.batch, dy + first, w,
                        to.from_channel(group * g.group_in()), scratch, threads);
  }
}

}  // namespace clipt::inline CLIPT_BUILD::on_cpu
