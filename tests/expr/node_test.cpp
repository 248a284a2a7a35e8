#include <gtest/gtest.h>
#include <type_traits>

#include <clipt/autodiff/evaluate.hpp>
#include <clipt/expr/operators.hpp>
#include <clipt/memory/tensor.hpp>

using namespace clipt;

TEST(node, expressions_are_small_values) {
  const tensor<float, shape<batch, 3>> x(2);
  const auto e = exp(x + 1) * x;
  static_assert(std::is_trivially_copyable_v<std::remove_const_t<decltype(e)>>);
  static_assert(std::is_same_v<decltype(e)::shape_type, shape<batch, 3>>);
  static_assert(expression<decltype(e)> && !active<decltype(e)>);
  EXPECT_EQ(shape_of(e), (shape<batch, 3>(2)));
}

TEST(node, an_expression_may_be_stored_and_used_later) {
  tensor<float, shape<3>> x({}, {1, 2, 3});
  const auto twice = 2 * x;
  const auto e = twice + twice;
  x[0] = 5;  // leaves are views: the value is read when it is computed
  inference<> ctx;
  const auto y = eval(ctx, e);
  EXPECT_EQ(y[0], 20);
  EXPECT_EQ(y[2], 12);
}

TEST(node, activity_is_part_of_the_type) {
  const tensor<float, shape<3>> x;
  const parameter<fp32, 3> p;
  static_assert(active<decltype(p * x)>);
  static_assert(!active<decltype(p.view() * x)>, "a view of a parameter is frozen");
  static_assert(!active<decltype(detach(p.leaf()) * x)>);
}

TEST(node, values_of_a_runtime_extent_are_compared) {
  const tensor<float, shape<batch, 3>> a(2), b(4);
  inference<> ctx;
  try {
    eval(ctx, a + b);
    FAIL() << "extents 2 and 4 were added";
  } catch (const shape_error& e) {
    EXPECT_STREQ(e.what(), "clipt::add: [batch=2, 3] and [batch=4, 3]: the two batch differ (2 and 4)");
  }
}

TEST(node, numbers_take_the_element_type_of_the_other_operand) {
  const tensor<double, shape<2>> x({}, {1, 2});
  static_assert(std::is_same_v<decltype(x * 2)::value_type, double>);
  inference<> ctx;
  EXPECT_EQ(eval(ctx, 1 - x / 3)[0], 1 - 1.0 / 3);
}

TEST(node, numbers_beside_16_bit_elements_are_computed_with_as_float) {
  const tensor<float16, shape<1>> half({}, {float16(0.5f)});
  const tensor<bfloat16, shape<1>> brain({}, {bfloat16(1.5f)});
  inference<> ctx;
  EXPECT_EQ(static_cast<float>(eval(ctx, half * 100000)[0]), 50000.0f - 16);  // the nearest; float16 holds no 100000
  EXPECT_EQ(static_cast<float>(eval(ctx, brain * 1.003)[0]), static_cast<float>(bfloat16(1.5f * 1.003f)));
}
