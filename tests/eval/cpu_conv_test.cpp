// Convolution, its gradients and pooling against plain loops in double, over odd sizes and thread counts.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include <clipt/eval/cpu_conv.hpp>
#include <clipt/eval/cpu_conv_weight.hpp>
#include <clipt/eval/cpu_pool.hpp>

#include "eval/numbers.hpp"

namespace {

using namespace clipt::on_cpu;
using clipt::conv_epilogue;
using clipt::conv_geometry;
using clipt::dim_t;
using clipt::extent2d;
using clipt::pool_geometry;
using clipt_test::numbers;

// Calls f(index of x, index of weight, index of y) for each product of the definition.
template <class F>
void for_each_product(const conv_geometry& g, F f) {
  for (dim_t n = 0; n < g.batch; ++n)
    for (dim_t oy = 0; oy < g.out_height(); ++oy)
      for (dim_t ox = 0; ox < g.out_width(); ++ox)
        for (dim_t ky = 0; ky < g.kernel.height; ++ky)
          for (dim_t kx = 0; kx < g.kernel.width; ++kx) {
            const dim_t y = oy * g.stride.height + ky * g.dilation.height - g.padding.height,
                        x = ox * g.stride.width + kx * g.dilation.width - g.padding.width;
            if (y < 0 || y >= g.height || x < 0 || x >= g.width) continue;
            for (dim_t o = 0; o < g.out; ++o)
              for (dim_t i = 0; i < g.group_in(); ++i)
                f(std::size_t(((n * g.height + y) * g.width + x) * g.in + o / g.group_out() * g.group_in() + i),
                  std::size_t(((o * g.group_in() + i) * g.kernel.height + ky) * g.kernel.width + kx),
                  std::size_t(((n * g.out_height() + oy) * g.out_width() + ox) * g.out + o));
          }
}

template <class T>
struct results {
  std::vector<T> y, dx, dw, dx_added, dw_added;
  bool operator==(const results&) const = default;
};

template <class T>
void check_near(const std::vector<T>& got, const std::vector<double>& want, double terms, const char* what) {
  const double allowed = (sizeof(T) == 4 ? 1e-6 : 1e-14) * (4 + std::sqrt(terms)) * 4;
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) ASSERT_NEAR(got[i], want[i], allowed) << what << " at " << i;
}

template <class T>
struct convolution {
  conv_geometry g;
  std::vector<T> x, w, dy;

  explicit convolution(const conv_geometry& g)
      : g(g), x(numbers<T>(g.batch * g.height * g.width * g.in, 1)), w(numbers<T>(g.out * g.depth(), 2)),
        dy(numbers<T>(g.batch * g.out_height() * g.out_width() * g.out, 3)) {}

  results<T> run(int threads) const {
    std::vector<T> scratch(static_cast<std::size_t>(conv2d_scratch(g)), T(NAN));
    results<T> r{std::vector<T>(dy.size(), T(NAN)), std::vector<T>(x.size(), T(NAN)), std::vector<T>(w.size(), T(NAN)),
                 x, w};
    conv2d(g, x.data(), w.data(), r.y.data(), scratch.data(), threads);
    conv2d_backward_input(g, dy.data(), w.data(), r.dx.data(), update::store, scratch.data(), threads);
    conv2d_backward_input(g, dy.data(), w.data(), r.dx_added.data(), update::add, scratch.data(), threads);
    conv2d_backward_weight(g, x.data(), dy.data(), r.dw.data(), update::store, scratch.data(), threads);
    conv2d_backward_weight(g, x.data(), dy.data(), r.dw_added.data(), update::add, scratch.data(), threads);
    return r;
  }

  void check(bool threads_too) const {
    results<double> want{std::vector<double>(dy.size()), std::vector<double>(x.size()), std::vector<double>(w.size()),
                         std::vector<double>(x.begin(), x.end()), std::vector<double>(w.begin(), w.end())};
    for_each_product(g, [&](std::size_t ix, std::size_t iw, std::size_t iy) {
      want.y[iy] += double(x[ix]) * double(w[iw]);
      want.dx[ix] += double(dy[iy]) * double(w[iw]);
      want.dx_added[ix] += double(dy[iy]) * double(w[iw]);
      want.dw[iw] += double(dy[iy]) * double(x[ix]);
      want.dw_added[iw] += double(dy[iy]) * double(x[ix]);
    });
    const auto got = run(threads_too ? 2 : 1);
    const double pixels = double(g.batch * g.out_height() * g.out_width());
    check_near(got.y, want.y, double(g.depth()), "y");
    check_near(got.dx, want.dx, double(g.taps() * g.out), "dx");
    check_near(got.dx_added, want.dx_added, double(g.taps() * g.out), "dx added");
    check_near(got.dw, want.dw, pixels, "dw");
    check_near(got.dw_added, want.dw_added, pixels, "dw added");
    if (!threads_too) return;
    for (int threads : {1, 5}) ASSERT_TRUE(got == run(threads)) << threads;
  }
};

std::string words(const extent2d& e) { return std::to_string(e.height) + " x " + std::to_string(e.width); }

std::string words(const conv_geometry& g) {
  return "batch " + std::to_string(g.batch) + ", " + std::to_string(g.height) + " x " + std::to_string(g.width) + ", " +
         std::to_string(g.in) + " to " + std::to_string(g.out) + ", kernel " + words(g.kernel) + ", stride " +
         words(g.stride) + ", padding " + words(g.padding) + ", dilation " + words(g.dilation) + ", groups " +
         std::to_string(g.groups);
}

template <class T>
void check(const conv_geometry& g, bool threads_too = false) {
  SCOPED_TRACE(words(g));
  convolution<T>(g).check(threads_too);
}

TEST(cpu_conv, odd_sizes) {
  for (dim_t in : {1, 3, 7, 33})
    for (dim_t out : {1, 3, 33})
      for (dim_t kernel : {1, 3, 5})
        for (dim_t stride : {1, 2})
          for (dim_t padding : {0, 1, 2})
            for (dim_t batch : {0, 1, 3}) {
              check<float>({batch, 7, 6, in, out, kernel, stride, padding});
              if (HasFatalFailure()) return;
            }
}

TEST(cpu_conv, doubles_and_large_strides) {
  for (dim_t kernel : {1, 2, 3, 4, 7})
    for (dim_t stride : {1, 2, 3, 4, 5})
      for (dim_t padding : {0, 1, 2, 3}) check<double>({2, 9, 11, 5, 6, kernel, stride, padding});
}

TEST(cpu_conv, patches_side_by_side_and_images_no_larger_than_the_kernel) {
  check<float>({3, 12, 12, 3, 20, 4, 4, 0});
  check<float>({3, 3, 3, 4, 5, 3, 1, 0});
  check<float>({3, 2, 2, 4, 5, 3, 1, 1});
  check<float>({3, 1, 1, 4, 5, 1, 5, 2});
  check<float>({3, 2, 2, 4, 5, 3, 1, 0});  // no output at all
}

TEST(cpu_conv, many_images_many_slices_and_bands) {
  check<float>({70, 8, 8, 5, 6, 3, 1, 1}, true);
  check<float>({40, 16, 16, 3, 8, 5, 2, 2}, true);
  check<float>({1, 61, 67, 3, 9, 3, 2, 1}, true);
  check<float>({2, 61, 67, 4, 9, 3, 1, 1}, true);
  check<float>({2, 40, 40, 20, 70, 3, 2, 1}, true);
  check<float>({3, 10, 10, 70, 130, 3, 1, 1}, true);
}

TEST(cpu_conv, dilations_that_share_factors_with_strides_or_do_not) {
  for (dim_t kernel : {1, 2, 3, 4})
    for (dim_t stride : {1, 2, 3, 4})
      for (dim_t dilation : {1, 2, 3, 4, 6})
        for (dim_t padding : {0, 1, 4}) {
          check<double>({2, 20, 19, 3, 4, kernel, stride, padding, dilation});
          if (HasFatalFailure()) return;
        }
}

TEST(cpu_conv, axes_that_differ) {
  for (const extent2d kernel : {extent2d{1, 4}, extent2d{3, 1}, extent2d{2, 3}})
    for (const extent2d stride : {extent2d{1, 2}, extent2d{3, 1}})
      for (const extent2d padding : {extent2d{0, 2}, extent2d{1, 0}})
        for (const extent2d dilation : {extent2d{1, 2}, extent2d{3, 1}, extent2d{2, 2}}) {
          check<float>({3, 9, 14, 5, 6, kernel, stride, padding, dilation}, true);
          check<double>({1, 9, 14, 4, 6, kernel, stride, padding, dilation, 2});
          if (HasFatalFailure()) return;
        }
}

TEST(cpu_conv, groups_read_and_write_their_channels_alone) {
  for (dim_t groups : {2, 3, 6})
    for (dim_t padding : {0, 1})
      for (dim_t kernel : {1, 3}) {
        check<float>({3, 7, 6, 6, 12, kernel, 1, padding, 1, groups}, true);
        check<float>({40, 16, 16, 12, 6, kernel, 2, padding, 2, groups}, true);
        check<float>({1, 61, 67, 6, 6, kernel, {1, 2}, padding, 1, groups}, true);
        if (HasFatalFailure()) return;
      }
  check<float>({2, 9, 9, 120, 210, 3, 1, 1, 1, 3}, true);
}

// y = max(0, scale sum + shift + added) with each of the four there or not, `which` bit by bit.
template <class T>
void check_epilogue(const conv_geometry& g, int which) {
  const convolution<T> c(g);
  const auto scale = numbers<T>(g.out, 4), shift = numbers<T>(g.out, 5), added = numbers<T>(dim_t(c.dy.size()), 6);
  const conv_epilogue<T> then{which & 1 ? scale.data() : nullptr, which & 2 ? shift.data() : nullptr,
                              which & 4 ? added.data() : nullptr, (which & 8) != 0};
  std::vector<double> want(c.dy.size());
  for_each_product(
      g, [&](std::size_t ix, std::size_t iw, std::size_t iy) { want[iy] += double(c.x[ix]) * double(c.w[iw]); });
  for (std::size_t i = 0; i < want.size(); ++i) {
    const auto o = i % std::size_t(g.out);
    want[i] = (which & 1 ? scale[o] : 1) * want[i] + (which & 2 ? shift[o] : 0) + (which & 4 ? added[i] : 0);
    if (which & 8) want[i] = std::max(0.0, want[i]);
  }
  std::vector<T> scratch(static_cast<std::size_t>(conv2d_scratch(g)), T(NAN)), first;
  for (int threads : {1, 2, 3, 5}) {
    std::vector<T> y(want.size(), T(NAN));
    conv2d(g, c.x.data(), c.w.data(), y.data(), scratch.data(), threads, then);
    check_near(y, want, double(g.depth()), "y");
    if (threads == 1) first = y;
    ASSERT_TRUE(y == first) << threads << " threads";
  }
}

TEST(cpu_conv, what_follows_while_results_are_in_registers) {
  for (int which = 0; which < 16; ++which)
    for (dim_t out : {1, 3, 16, 33, 70}) {
      SCOPED_TRACE(std::to_string(which) + ", " + std::to_string(out) + " channels");
      check_epilogue<float>({2, 7, 6, 5, out, 3, 2, 1}, which);
      check_epilogue<float>({1, 9, 7, 70, out, 3, 1, 1}, which);  // more depth than a panel holds, strips of channels
      check_epilogue<float>({3, 5, 5, 300, out, 1, 1, 0}, which);
      check_epilogue<float>({2, 5, 5, 6, 2 * out, 3, 1, 1, 1, 2}, which);
      check_epilogue<double>({40, 3, 2, 7, out, 1, 1, 0}, which);
      if (HasFatalFailure()) return;
    }
}

TEST(cpu_conv, images_without_a_pixel_for_the_filters_have_no_output) {
  EXPECT_EQ((conv_geometry{1, 2, 2, 1, 1, 3, 1, 0}.out_height()), 0);
  EXPECT_EQ((conv_geometry{1, 3, 4, 1, 1, 3, 2, 0}.out_height()), 1);
  EXPECT_EQ((conv_geometry{1, 64, 64, 1, 1, 5, 2, 2}.out_width()), 32);
}

template <class T>
void check_pool(const pool_geometry& g) {
  const auto x = numbers<T>(g.batch * g.height * g.width * g.channels, 1);
  const dim_t outs = g.batch * g.out_height() * g.out_width() * g.channels;
  const auto dy = numbers<T>(outs, 2);
  std::vector<double> want(static_cast<std::size_t>(outs)), want_dx(x.size());
  for (dim_t n = 0; n < g.batch; ++n)
    for (dim_t y = 0; y < g.out_height() * g.size; ++y)
      for (dim_t z = 0; z < g.out_width() * g.size; ++z)
        for (dim_t c = 0; c < g.channels; ++c) {
          const auto from = std::size_t(((n * g.height + y) * g.width + z) * g.channels + c);
          const dim_t row = n * g.out_height() + y / g.size;
          const auto to = std::size_t((row * g.out_width() + z / g.size) * g.channels + c);
          want[to] += double(x[from]) / double(g.size * g.size);
          want_dx[from] += double(dy[to]) / double(g.size * g.size);
        }
  std::vector<T> y(static_cast<std::size_t>(outs), T(NAN)), dx(x.size(), T(NAN));
  avg_pool2d(g, x.data(), y.data(), 2);
  avg_pool2d_backward(g, dy.data(), dx.data(), update::store, 2);
  check_near(y, want, 1, "y");
  check_near(dx, want_dx, 1, "dx");
  avg_pool2d_backward(g, dy.data(), dx.data(), update::add, 2);
  for (double& d : want_dx) d *= 2;
  check_near(dx, want_dx, 1, "dx added");
}

TEST(cpu_pool, odd_sizes) {
  for (dim_t size : {1, 2, 3})
    for (dim_t channels : {1, 3, 33})
      for (dim_t batch : {0, 1, 4}) {
        check_pool<float>({batch, 7, 6, channels, size});
        check_pool<double>({batch, 6, 9, channels, size});
      }
  check_pool<float>({2, 2, 2, 3, 3});
}

}  // namespace
