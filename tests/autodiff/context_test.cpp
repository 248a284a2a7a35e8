#include <gtest/gtest.h>

#include <clipt/autodiff/evaluate.hpp>
#include <clipt/expr/operators.hpp>
#include <clipt/nn/reductions.hpp>

using namespace clipt;

TEST(context, backward_adds_up_over_all_paths) {
  const tensor<double, shape<2>> values({}, {3, 5});
  recording<> ctx;
  const auto x = ctx.variable(values);
  const auto a = eval(ctx, x * x);
  const auto b = eval(ctx, 2 * a + x);
  ctx.backward(sum(ctx, a * b));  // 2 x^4 + x^3
  for (dim_t i = 0; i < 2; ++i)
    EXPECT_DOUBLE_EQ(ctx.gradient_of(x)[i], 8 * values[i] * values[i] * values[i] + 3 * values[i] * values[i]);
}

TEST(context, gradients_of_parameters_add_up_until_they_are_cleared) {
  parameter<fp64, 2> p;
  p[0] = 2, p[1] = 3;
  recording<> ctx;
  for (int step = 1; step <= 3; ++step) {
    ctx.backward(sum(ctx, p * p));
    ctx.reset();
    EXPECT_EQ(p.gradient_data()[1], 6 * step);
  }
  p.gradient().clear();
  ctx.backward(sum(ctx, p * p));
  EXPECT_EQ(p.gradient_data()[1], 6);
}

TEST(context, results_without_an_active_leaf_are_views) {
  const tensor<float, shape<2>> x;
  parameter<fp32, 2> p;
  recording<> ctx;
  static_assert(std::is_same_v<decltype(eval(ctx, 2 * x)), view<const float, shape<2>>>);
  static_assert(std::is_same_v<decltype(eval(ctx, 2 * p)), var<float, shape<2>>>);
  inference<> silent;
  static_assert(std::is_same_v<decltype(eval(silent, 2 * p)), view<const float, shape<2>>>);
}

TEST(context, keeps_the_gradient_of_an_intermediate_result_on_request) {
  const tensor<double, shape<2>> values({}, {3, 5});
  recording<> ctx;
  const auto x = ctx.variable(values);
  const auto a = eval(ctx, x * x);
  const auto b = eval(ctx, 3 * a);
  ctx.keep_gradient(a);
  ctx.backward(sum(ctx, b));
  EXPECT_EQ(ctx.gradient_of(a)[0], 3);
  EXPECT_THROW(ctx.gradient_of(b), error);
}

TEST(context, says_that_nothing_reached_a_variable) {
  const tensor<double, shape<2>> values;
  recording<> ctx;
  const auto x = ctx.variable(values), unused = ctx.variable(values);
  ctx.backward(sum(ctx, x));
  EXPECT_THROW(ctx.gradient_of(unused), error);
}

TEST(context, a_sealed_one_refuses_a_larger_step) {
  const tensor<float, shape<rows>> small(1000), large(10000000);
  inference<> ctx;
  eval(ctx, small + 1);
  ctx.reset();
  ctx.seal();
  EXPECT_NO_THROW(eval(ctx, small + 1));
  EXPECT_THROW(eval(ctx, large + 1), error);
}

/// An op without a derivative: it may be evaluated wherever no backward is asked for.
struct no_pull {
  template <class T>
  static T apply(T x) {
    return x + x;
  }
};

TEST(context, inference_and_passive_operands_instantiate_no_backward) {
  const tensor<float, shape<2>> x({}, {1, 2});
  parameter<fp32, 2> p;
  p[0] = 4;
  inference<> silent;
  EXPECT_EQ(eval(silent, apply<no_pull>(p))[0], 8);  // would not compile in a recording
  recording<> ctx;
  EXPECT_EQ(eval(ctx, apply<no_pull>(x))[1], 4);
}

TEST(context, parts_that_nothing_depends_on_are_skipped) {
  const tensor<double, shape<2>> values({}, {1, 2});
  recording<> ctx;
  const auto x = ctx.variable(values);
  eval(ctx, log(0 * x));  // its backward would divide by zero
  ctx.backward(sum(ctx, 2 * x));
  EXPECT_EQ(ctx.gradient_of(x)[0], 2);
}
