// Reductions, running sums and orders along any axes, beside loops over the elements.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <clipt/nn/axis_maps.hpp>
#include <clipt/nn/axis_reductions.hpp>
#include <clipt/nn/order.hpp>
#include "gradients/op_case.hpp"
#include "why.hpp"

using namespace clipt;
using clipt_test::uniform;
using testing::ElementsAre;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
using block = shape<batch, 3, 4>;

/// The elements of x, [2, 3, 4], whose place on the axes that are not reduced is that of each of the result's elements.
template <class Reduce>
std::vector<double> by_loops(const tensor<float, block>& x, bool over0, bool over1, bool over2, Reduce reduce) {
  std::vector<std::vector<double>> groups((over0 ? 1 : 2) * (over1 ? 1 : 3) * (over2 ? 1 : 4));
  for (dim_t i = 0; i < 2; ++i)
    for (dim_t j = 0; j < 3; ++j)
      for (dim_t k = 0; k < 4; ++k)
        groups[((over0 ? 0 : i) * (over1 ? 1 : 3) + (over1 ? 0 : j)) * (over2 ? 1 : 4) + (over2 ? 0 : k)].push_back(
            x(i, j, k));
  std::vector<double> results;
  for (const auto& group : groups) results.push_back(reduce(group));
  return results;
}

template <class Y>
void expect_near(const Y& y, const std::vector<double>& expected, const char* what) {
  ASSERT_EQ(y.size(), static_cast<dim_t>(expected.size())) << what;
  for (dim_t i = 0; i < y.size(); ++i)
    EXPECT_NEAR(static_cast<double>(y[i]), expected[i], 1e-5 * std::max(1.0, std::abs(expected[i])))
        << what << " " << i;
}

double total(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) sum += x;
  return sum;
}
double squares_around(const std::vector<double>& v, double mean) {
  double sum = 0;
  for (const double x : v) sum += (x - mean) * (x - mean);
  return sum;
}
double product(const std::vector<double>& v) {
  double all = 1;
  for (const double x : v) all *= x;
  return all;
}
double first_of(const std::vector<double>& v, double found) {
  return static_cast<double>(std::find(v.begin(), v.end(), found) - v.begin());
}
double largest(const std::vector<double>& v) { return *std::max_element(v.begin(), v.end()); }
double smallest(const std::vector<double>& v) { return *std::min_element(v.begin(), v.end()); }

/// All reductions over the axes, beside loops.
template <int... Axis>
void expect_reductions(bool over0, bool over1, bool over2) {
  const auto x = uniform<float>(block(2), -2, 2, 3);
  const auto loops = [&](auto reduce) { return by_loops(x, over0, over1, over2, reduce); };
  inference<> ctx;
  expect_near(sum<Axis...>(ctx, x), loops(total), "sum");
  expect_near(mean<Axis...>(ctx, x), loops([](auto& v) { return total(v) / v.size(); }), "mean");
  expect_near(max<Axis...>(ctx, x), loops(largest), "max");
  expect_near(min<Axis...>(ctx, x), loops(smallest), "min");
  expect_near(argmax<Axis...>(ctx, x), loops([](auto& v) { return first_of(v, largest(v)); }), "argmax");
  expect_near(argmin<Axis...>(ctx, x), loops([](auto& v) { return first_of(v, smallest(v)); }), "argmin");
  expect_near(prod<Axis...>(ctx, x), loops(product), "prod");
  const auto spread = [](const std::vector<double>& v) { return squares_around(v, total(v) / v.size()); };
  expect_near(variance<Axis...>(ctx, x), loops([&](auto& v) { return spread(v) / (v.size() - 1.0); }), "variance");
  expect_near(standard_deviation<Axis...>(ctx, x, 0), loops([&](auto& v) { return std::sqrt(spread(v) / v.size()); }),
              "standard_deviation");
  expect_near(vector_norm<Axis...>(ctx, x), loops([](auto& v) { return std::sqrt(squares_around(v, 0)); }),
              "vector_norm");
  expect_near(log_sum_exp<Axis...>(ctx, x), loops([](auto v) {
                for (double& e : v) e = std::exp(e);
                return std::log(total(v));
              }),
              "log_sum_exp");
  expect_near(any<Axis...>(ctx, x > 1.2), loops([](auto& v) { return largest(v) > 1.2; }), "any");
  expect_near(all<Axis...>(ctx, x > -1.2), loops([](auto& v) { return smallest(v) > -1.2; }), "all");
}

}  // namespace

TEST(axes, reductions_over_each_axis_and_over_several) {
  expect_reductions<0>(true, false, false);
  expect_reductions<1>(false, true, false);
  expect_reductions<-1>(false, false, true);
  expect_reductions<0, 1>(true, true, false);
  expect_reductions<2, 0>(true, false, true);
  expect_reductions<-2, -1>(false, true, true);
  expect_reductions<0, 1, 2>(true, true, true);
}

TEST(axes, keep_axes_leaves_ones_and_none_named_are_all) {
  const auto x = uniform<float>(block(2), -2, 2, 3);
  inference<> ctx;
  EXPECT_EQ(to_string(sum<1>(ctx, x, keep_axes).shape()), "[batch=2, 1, 4]");
  EXPECT_EQ(to_string(variance<0, -1>(ctx, x, 0, keep_axes).shape()), "[1, 3, 1]");
  EXPECT_EQ(to_string(max(ctx, x, keep_axes).shape()), "[1, 1, 1]");
  EXPECT_EQ(to_string(variance(ctx, x, keep_axes).shape()), "[1, 1, 1]");
  EXPECT_EQ(to_string(standard_deviation(ctx, x, keep_axes).shape()), "[1, 1, 1]");
  EXPECT_EQ(to_string(sum(ctx, x, keep_axes).shape()), "[1, 1, 1]");
  EXPECT_EQ(to_string(mean(ctx, x, keep_axes).shape()), "[1, 1, 1]");
  EXPECT_EQ(to_string(standard_deviation<1>(ctx, x, keep_axes).shape()), "[batch=2, 1, 4]");
  EXPECT_EQ(max(ctx, x)[0], *std::max_element(x.begin(), x.end()));
  const auto centred = eval(ctx, x - mean<1>(ctx, x, keep_axes));
  EXPECT_NEAR(centred(1, 0, 2) + centred(1, 1, 2) + centred(1, 2, 2), 0, 1e-6);
}

TEST(axes, nan_and_nothing) {
  const tensor<float, shape<2, 2>> x({}, {1, not_a_number, 3, 4});
  inference<> ctx;
  EXPECT_TRUE(std::isnan(max<0>(ctx, x)[1]) && std::isnan(min<0>(ctx, x)[1]) && std::isnan(prod<0>(ctx, x)[1]));
  EXPECT_THAT(argmax<0>(ctx, x), ElementsAre(1, 0));
  EXPECT_EQ(any<0>(ctx, x)[1], 1);  // as in PyTorch NaN is not 0
  const tensor<float, shape<batch, 2>> none(0);
  EXPECT_THAT(sum<0>(ctx, none), ElementsAre(0, 0));
  EXPECT_THAT(prod<0>(ctx, none), ElementsAre(1, 1));
  EXPECT_THAT(any<0>(ctx, none), ElementsAre(0, 0));
  EXPECT_THAT(all<0>(ctx, none), ElementsAre(1, 1));
  EXPECT_TRUE(std::isnan(mean<0>(ctx, none)[0]) && std::isnan(variance<0>(ctx, none)[0]));
  const std::string nothing = ": [2, columns=0]: a row of nothing has no largest element: give at least one column";
  EXPECT_EQ(clipt_test::why([&] { max<0>(ctx, none); }), "clipt::max" + nothing);
  EXPECT_EQ(clipt_test::why([&] { min<0>(ctx, none); }), "clipt::min" + nothing);
  EXPECT_EQ(clipt_test::why([&] { argmax<0>(ctx, none); }), "clipt::argmax" + nothing);
  EXPECT_EQ(clipt_test::why([&] { argmin<0>(ctx, none); }), "clipt::argmin" + nothing);
  const tensor<float, shape<2, 1>> ones;
  EXPECT_TRUE(std::isnan(variance<1>(ctx, ones)[0]));
}

TEST(axes, gradients_where_functions_bend) {
  recording<> ctx;
  const tensor<double, shape<2, 2>> x({}, {0, 0, 3, 3});
  const auto v = ctx.variable(x);
  ctx.backward(sum(ctx, vector_norm<1>(ctx, v)));
  EXPECT_NEAR(ctx.gradient_of(v)[2], std::sqrt(0.5), 1e-15);
  EXPECT_EQ(ctx.gradient_of(v)[0], 0);  // of a norm of 0, as in PyTorch
  ctx.reset();
  const auto w = ctx.variable(x);
  ctx.backward(sum(ctx, standard_deviation<1>(ctx, w)));
  EXPECT_EQ(ctx.gradient_of(w)[2], 0);
  ctx.reset();
  const auto p = ctx.variable(x);
  ctx.backward(sum(ctx, prod<0>(ctx, p)));
  EXPECT_THAT(ctx.gradient_of(p), ElementsAre(3, 3, 0, 0));
}

TEST(axes, running_sums_and_softmax) {
  const auto x = uniform<float>(block(2), -2, 2, 3);
  inference<> ctx;
  const auto sums = cumsum<1>(ctx, x);
  EXPECT_EQ(to_string(sums.shape()), "[batch=2, 3, 4]");
  EXPECT_NEAR(sums(1, 2, 3), x(1, 0, 3) + x(1, 1, 3) + x(1, 2, 3), 1e-6);
  EXPECT_NEAR(cumsum(ctx, x)(1, 1, 2), x(1, 1, 0) + x(1, 1, 1) + x(1, 1, 2), 1e-6);
  const auto shares = softmax<0>(ctx, x);
  EXPECT_NEAR(shares(0, 1, 2), 1 / (1 + std::exp(x(1, 1, 2) - x(0, 1, 2))), 1e-6);
  EXPECT_NEAR(log_softmax<0>(ctx, x)(0, 1, 2), std::log(shares(0, 1, 2)), 1e-6);
  EXPECT_NEAR(l2_normalize<0>(ctx, x)(0, 1, 2), x(0, 1, 2) / std::hypot(x(0, 1, 2), x(1, 1, 2)), 1e-6);
}

TEST(axes, orders) {
  const tensor<float, shape<2, 4>> x({}, {3, not_a_number, 1, 3, -1, 5, -2, 0});
  inference<> ctx;
  const auto [values, indices] = sort(ctx, x);
  EXPECT_THAT(indices, ElementsAre(2, 0, 3, 1, 2, 0, 3, 1));
  EXPECT_EQ(values(1, 0), -2);
  EXPECT_TRUE(std::isnan(values(0, 3)));  // NaN is the largest
  EXPECT_THAT(argsort(ctx, x, sort_order::descending), ElementsAre(1, 0, 3, 2, 1, 3, 0, 2));
  const auto best = topk<1, 0>(ctx, x);
  EXPECT_EQ(to_string(best.values.shape()), "[1, 4]");
  EXPECT_THAT(best.indices, ElementsAre(0, 0, 0, 0));
  EXPECT_THAT((topk<2>(ctx, x, sort_order::ascending).indices), ElementsAre(2, 0, 2, 0));
  const tensor<float, shape<columns>> two(2);
  EXPECT_THROW(topk<3>(ctx, two), shape_error);
  const tensor<float, shape<rows, columns>> many(shape<rows, columns>(1, 1000));
  EXPECT_EQ(argsort(ctx, many)[999], 999);  // equal ones stay in their order
}
