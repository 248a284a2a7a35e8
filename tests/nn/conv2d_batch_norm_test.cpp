#include <gtest/gtest.h>
#include <cmath>
#include <cstring>
#include <vector>

#include <clipt/nn/conv2d_batch_norm.hpp>
#include "gradients/op_case.hpp"

using namespace clipt;
using clipt_test::uniform;

namespace {

template <dim_t Kernel, dim_t Stride, dim_t In, dim_t Out, class T = float>
struct given {
  static constexpr dim_t height = 11, width = 9, padding = Kernel / 2;
  using results =
      shape<batch, (height + 2 * padding - Kernel) / Stride + 1, (width + 2 * padding - Kernel) / Stride + 1, Out>;

  tensor<T, shape<batch, height, width, In>> x = uniform<T>(shape<batch, height, width, In>{3}, -1, 1, 1);
  tensor<T, shape<Out, In, Kernel, Kernel>> filters = uniform<T>(shape<Out, In, Kernel, Kernel>{}, -1, 1, 2);
  tensor<T, shape<Out>> gain = uniform<T>(shape<Out>{}, -1.5, 1.5, 3), bias = uniform<T>(shape<Out>{}, -1, 1, 4);
  mutable tensor<T, shape<Out>> mean = uniform<T>(shape<Out>{}, -2, 2, 5),
                                variance = uniform<T>(shape<Out>{}, 0.1, 9, 6);
  tensor<T, results> shortcut = uniform<T>(results{3}, -2, 2, 7);

  /// What becomes of a picture: 0 normalised, 1 rectified, 2 rectified with the shortcut.
  std::vector<T> run(auto& ctx, int what) const {
    const auto y = [&] {
      if (what == 0) return conv2d_batch_norm<Stride, padding>(ctx, x, filters, gain, bias, mean, variance);
      if (what == 1) return conv2d_batch_norm_relu<Stride, padding>(ctx, x, filters, gain, bias, mean, variance);
      return conv2d_batch_norm_relu<Stride, padding>(ctx, x, filters, gain, bias, mean, variance, shortcut);
    }();
    static_assert(std::is_same_v<typename std::remove_cvref_t<decltype(y)>::shape_type, results>);
    return {y.begin(), y.end()};
  }
  std::vector<T> run(int what, context_settings settings = {}) const {
    inference<> ctx;
    ctx.settings = settings;
    return run(ctx, what);
  }
};

context_settings as_recorded() {
  context_settings settings;
  settings.as_recorded = true;
  return settings;
}

template <dim_t Kernel, dim_t Stride, dim_t In, dim_t Out>
void expect_equal_to_rounding() {
  const given<Kernel, Stride, In, Out> single;
  const given<Kernel, Stride, In, Out, double> twice;  // the same numbers but for their last digits
  for (int what : {0, 1, 2}) {
    const auto one_pass = single.run(what), passes = single.run(what, as_recorded());
    const auto reference = twice.run(what, as_recorded()), reference_of_one_pass = twice.run(what);
    double largest = 0;
    for (const double v : reference) largest = std::max(largest, std::abs(v));
    ASSERT_GT(largest, 0.1);
    ASSERT_EQ(one_pass.size(), reference.size());
    for (std::size_t i = 0; i < reference.size(); ++i) {
      ASSERT_NEAR(reference_of_one_pass[i], reference[i], 1e-13 * largest) << what;
      ASSERT_NEAR(one_pass[i], reference[i], 2e-6 * largest) << what;
      ASSERT_NEAR(passes[i], reference[i], 2e-6 * largest) << what;
    }
  }
}

}  // namespace

TEST(conv2d_batch_norm, one_pass_is_equal_to_rounding) {
  expect_equal_to_rounding<1, 1, 7, 5>();
  expect_equal_to_rounding<3, 1, 3, 33>();
  expect_equal_to_rounding<3, 2, 16, 8>();
  expect_equal_to_rounding<1, 1, 300, 70>();
  expect_equal_to_rounding<3, 1, 50, 17>();
  expect_equal_to_rounding<7, 4, 3, 1>();
}

TEST(conv2d_batch_norm, the_same_bits_for_any_number_of_threads) {
  const given<3, 1, 50, 70> g;
  for (int what : {0, 1, 2}) {
    const auto one = g.run(what, {.threads = 1});
    for (int threads : {2, 3}) EXPECT_TRUE(g.run(what, {.threads = threads}) == one) << threads;
  }
}

TEST(conv2d_batch_norm, as_recorded_gives_the_bits_of_a_recording) {
  const given<3, 1, 50, 17> g;
  bool differs = false;
  for (int what : {0, 1, 2}) {
    recording<> ctx;
    const auto recorded = g.run(ctx, what);
    EXPECT_TRUE(g.run(what, as_recorded()) == recorded);
    differs = differs || g.run(what) != recorded;
  }
  EXPECT_TRUE(differs) << "one pass is what is tested here: is it taken?";
}

TEST(conv2d_batch_norm, training_goes_by_the_batch_unless_statistics_are_frozen) {
  const given<3, 1, 5, 6> g;
  const auto mean = g.mean, variance = g.variance;
  const auto statistics_stay = [&] {
    return std::equal(mean.begin(), mean.end(), g.mean.begin()) &&
           std::equal(variance.begin(), variance.end(), g.variance.begin());
  };
  const auto evaluated = g.run(1, as_recorded());
  EXPECT_TRUE(g.run(1, {.training = true, .frozen_statistics = true, .as_recorded = true}) == evaluated);
  EXPECT_TRUE(g.run(1, {.training = true, .frozen_statistics = true}) == g.run(1));
  EXPECT_TRUE(statistics_stay());
  EXPECT_FALSE(g.run(1, {.training = true}) == evaluated);
  EXPECT_FALSE(statistics_stay());
}

TEST(conv2d_batch_norm, numbers_that_are_not_there_stay_so) {
  given<3, 1, 4, 5> g;
  g.variance[2] = NAN;
  for (const auto& settings : {context_settings{}, as_recorded()}) {
    for (int relu : {0, 1}) {
      const auto y = g.run(relu, settings);
      for (std::size_t i = 0; i < y.size(); ++i) ASSERT_EQ(std::isnan(y[i]), i % 5 == 2) << i << ", relu " << relu;
    }
  }
}

TEST(conv2d_batch_norm, compares_runtime_extents) {
  const tensor<float, shape<batch, 4, 4, 3>> x(2);
  const tensor<float, shape<6, 3, 3, 3>> filters;
  const tensor<float, shape<6>> gain, bias;
  tensor<float, shape<6>> mean, variance;
  const tensor<float, shape<batch, 4, 4, 6>> shortcut(3);
  for (const bool recorded : {true, false}) {
    inference<> ctx;
    ctx.settings.as_recorded = recorded;
    EXPECT_THROW((conv2d_batch_norm_relu<1, 1>(ctx, x, filters, gain, bias, mean, variance, shortcut)), shape_error);
  }
}
