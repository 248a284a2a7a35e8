// The gradient of a convolution's weights on the CPU: patches of images, transposed, times gradients of pixels.
#pragma once
#include <algorithm>  // fill_n, min

#include <clipt/eval/cpu_engine.hpp>     // engine
#include <clipt/eval/cpu_gemm.hpp>       // worth_a_thread
#include <clipt/eval/cpu_micro.hpp>      // panel_width
#include <clipt/eval/cpu_patches.hpp>    // filter_cut, patch_pass
#include <clipt/eval/parallel.hpp>       // parallel_for
#include <clipt/eval/thread_buffer.hpp>  // thread_buffer
#include <clipt/eval/tile.hpp>           // part
#include <clipt/ops/convolution.hpp>     // conv_geometry

namespace clipt::inline CLIPT_BUILD::on_cpu {

namespace detail {

/// dweight [out, in, height, width] of one group from the slices' sums [slices, height, width, in, out], always in their
/// order.
template <class T>
void add_filter_slices(const conv_geometry& g, const T* partial, dim_t slices, T* dweight, update how, int threads) {
  const dim_t taps = g.taps(), in = g.group_in(), out = g.group_out();
  parallel_for(threads, in, [=](dim_t channel) {
    for (dim_t tap = 0; tap < taps; ++tap)
      for (dim_t o = 0; o < out; ++o) {
        T sum = 0;
        for (dim_t s = 0; s < slices; ++s) sum += partial[((s * taps + tap) * in + channel) * out + o];
        T& to = dweight[(o * in + channel) * taps + tap];
        to = how == update::add ? to + sum : sum;
      }
  });
}

/// The gradient of one group's weights: x, dy and dweight begin with its first.
template <class T>
void group_backward_weight(const conv_geometry& g, const T* x, const T* dy, T* dweight, update how, T* scratch,
                           int threads) {
  struct taps_of_filter;
  struct sources_of_pixels;
  const filter_cut cut = filter_cut::of(g);
  const dim_t out = g.group_out();
  if (g.batch * g.out_height() * g.out_width() * g.depth() * out < worth_a_thread) threads = 1;
  const patch_pass p = forward_pass(g);
  const frame f = forward_frame(g);
  dim_t* const taps = thread_buffer<taps_of_filter, dim_t>(g.depth());
  fill_taps(p, f, taps);
  parallel_for(threads, cut.slices * cut.tiles, [=](dim_t task) {
    const dim_t slice = task / cut.tiles;
    const auto [column, columns] = part::of(task % cut.tiles, cut.tiles, out, panel_width<T>);
    const auto [first, count] = part::of(slice, cut.slices, cut.images.count, 1);
    const matrix<T> sum{scratch + slice * g.depth() * out + column, g.depth(), columns, out};
    for (dim_t piece = first; piece < first + count; ++piece) {
      const dim_t n = piece / cut.images.bands * cut.images.images, images = std::min(cut.images.images, g.batch - n);
      const auto [row, rows] = part::of(piece % cut.images.bands, cut.images.bands, p.y.count, 1);
      const auto from = open_frame(f, x + n * g.height * g.width * g.in, images, row * g.stride.height,
                                   rows ? (rows - 1) * g.stride.height + g.span().height : 0);
      dim_t* source = thread_buffer<sources_of_pixels, dim_t>(images * rows * p.x.count);
      fill_sources(p, f, from, images, row, row + rows, source);
      // The tables change places: each number of a patch is a row, the pixels are the depth.
      engine::multiply<T>({g.depth(), columns, images * rows * p.x.count}, {from.data, {taps, 0, p.run(f)}, {source}},
                          {dy + (n * p.y.count + row) * p.x.count * g.out + column, g.out, transpose::no},
                          {sum.data, {nullptr, sum.stride}, T(1), piece == first ? update::store : update::add});
    }
    if (count == 0)
      for (dim_t i = 0; i < g.depth(); ++i) std::fill_n(sum.data + i * sum.stride, columns, T(0));
  });
  add_filter_slices<T>(g, scratch, cut.slices, dweight, how, threads);
}

}  // namespace detail

/// dweight = the gradient of the weights (or is increased by it) from x and dy.
template <class T>
void conv2d_backward_weight(const conv_geometry& g, const T* x, const T* dy, T* dweight, update how, T* scratch,
                            int threads) {
  for (dim_t group = 0; group < g.groups; ++group) {
    const dim_t first = group * g.group_out();
    detail::group_backward_weight(g, x + group * g.group_in(), dy + first, dweight + first * g.depth(), how, scratch,
                                  threads);
  }
}

}  // namespace clipt::inline CLIPT_BUILD::on_cpu
