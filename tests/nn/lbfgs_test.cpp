// L-BFGS: minima that are known, functions that are not numbers everywhere, and when it gives up.
#include <clipt/nn/lbfgs.hpp>
#include <gtest/gtest.h>

namespace {

using clipt::lbfgs;
using clipt::lbfgs_options;

using point = std::vector<double>;
using in = std::span<const double>;
using out = std::span<double>;

TEST(lbfgs, finds_the_bottom_of_rosenbrocks_valley) {
  point x{-1.2, 1};
  const auto result = lbfgs(x,
                            [](in p, out g) {
                              const double a = 1 - p[0], b = p[1] - p[0] * p[0];
                              g[0] = -2 * a - 400 * p[0] * b;
                              g[1] = 200 * b;
                              return a * a + 100 * b * b;
                            },
                            {.tolerance = 1e-9});
  EXPECT_TRUE(result.converged);
  EXPECT_LE(result.largest_gradient, 1e-9);
  EXPECT_LT(result.evaluations, 60);
  EXPECT_NEAR(x[0], 1, 1e-9);
  EXPECT_NEAR(x[1], 1, 1e-9);
}

/// sum of s_i (x_i - i)² / 2 with scales s from 1 to 100.
double ellipsoid(in x, out g) {
  double value = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double scale = std::pow(10, 2.0 * static_cast<double>(i) / static_cast<double>(x.size() - 1));
    const double away = x[i] - static_cast<double>(i);
    g[i] = scale * away;
    value += scale * away * away / 2;
  }
  return value;
}

TEST(lbfgs, says_where_it_stands) {
  point x(50, 3);
  std::vector<int> iterations;
  const auto watch = [&](const clipt::lbfgs_result& now) { iterations.push_back(now.iterations); };
  const auto result = lbfgs(x, ellipsoid, {.progress = watch});
  ASSERT_EQ(iterations.size(), static_cast<std::size_t>(result.iterations) + 1);
  for (std::size_t i = 0; i < iterations.size(); ++i) EXPECT_EQ(iterations[i], static_cast<int>(i));
}

TEST(lbfgs, remembers_more_than_the_last_step) {
  point with_one(50, 3), with_ten(50, 3);
  const auto one = lbfgs(with_one, ellipsoid, {.memory = 1, .max_iterations = 5000, .tolerance = 1e-6});
  const auto ten = lbfgs(with_ten, ellipsoid, {.max_iterations = 5000, .tolerance = 1e-6});
  EXPECT_TRUE(one.converged);
  EXPECT_TRUE(ten.converged);
  EXPECT_LT(ten.iterations, 150);
  EXPECT_LT(ten.iterations, one.iterations);
  for (std::size_t i = 0; i < with_ten.size(); ++i) EXPECT_NEAR(with_ten[i], static_cast<double>(i), 1e-5);
}

TEST(lbfgs, never_goes_up_and_keeps_the_value_it_reports) {
  point x(20, -1), g(20);
  double before = ellipsoid(x, g);
  for (int k = 1; k < 12; ++k) {
    point y(20, -1);
    const auto result = lbfgs(y, ellipsoid, {.max_iterations = k, .tolerance = 0});
    EXPECT_EQ(result.iterations, k);
    EXPECT_FALSE(result.converged);
    EXPECT_LT(result.value, before);
    EXPECT_EQ(result.value, ellipsoid(y, g));
    before = result.value;
  }
}

TEST(lbfgs, steps_back_from_what_is_not_a_number) {
  point x{100};  // the logarithm ends at 0, which the second step would jump over
  const auto result = lbfgs(x,
                            [](in p, out g) {
                              g[0] = 1 - 1 / p[0];
                              return p[0] - std::log(p[0]);
                            },
                            {.tolerance = 1e-8});
  EXPECT_TRUE(result.converged);
  EXPECT_NEAR(x[0], 1, 1e-7);
}

TEST(lbfgs, gives_up_where_there_is_nothing_to_find) {
  point x{1, 2};
  const auto nowhere = lbfgs(x, [](in, out g) {
    g[0] = g[1] = 0;
    return std::numeric_limits<double>::quiet_NaN();
  });
  EXPECT_FALSE(nowhere.converged);
  EXPECT_EQ(nowhere.evaluations, 1);
  const auto wrong_gradient = lbfgs(x, [](in p, out g) {
    g[0] = g[1] = -p[0];  // points uphill
    return p[0] * p[0] + p[1] * p[1];
  });
  EXPECT_FALSE(wrong_gradient.converged);
  EXPECT_EQ(wrong_gradient.iterations, 0);
  EXPECT_EQ(x, (point{1, 2}));
  const auto bottomless = lbfgs(x,
                                [](in p, out g) {
                                  g[0] = g[1] = 1;
                                  return p[0] + p[1];
                                },
                                {.max_iterations = 3});
  EXPECT_FALSE(bottomless.converged);
  EXPECT_LE(bottomless.iterations, 3);
}

TEST(lbfgs, starts_at_the_minimum_and_stays) {
  point x{0, 1, 2, 3, 4};
  const auto result = lbfgs(x, ellipsoid);
  EXPECT_TRUE(result.converged);
  EXPECT_EQ(result.evaluations, 1);
  EXPECT_EQ(x, (point{0, 1, 2, 3, 4}));
  point none;
  EXPECT_TRUE(lbfgs(none, [](in, out) { return 0.0; }).converged);
}

}  // namespace
