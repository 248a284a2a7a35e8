// The values of all elementwise functions beside those of the standard library.
#include <gtest/gtest.h>
#include <cmath>
#include <limits>

#include <clipt/autodiff/evaluate.hpp>
#include <clipt/expr/operators.hpp>
#include <clipt/nn/copy.hpp>
#include <clipt/nn/reductions.hpp>
#include <clipt/nn/rows.hpp>
#include "gradients/op_case.hpp"

using namespace clipt;
using clipt_test::uniform;

namespace {

/// Compares `ours(x)` with `theirs(x)` element by element, in float and double.
template <class Ours, class Theirs>
void expect_values(double low, double high, Ours ours, Theirs theirs) {
  const auto compare = [&]<class T>(T tolerance) {
    const auto x = uniform<T>(shape<columns>{1003}, low, high, 3);
    inference<> ctx;
    const auto y = eval(ctx, ours(x));
    for (dim_t i = 0; i < x.size(); ++i) {
      const double expected = theirs(static_cast<double>(x[i]));
      ASSERT_NEAR(static_cast<double>(y[i]), expected,
                  static_cast<double>(tolerance) * std::max(1.0, std::abs(expected)))
          << "at " << x[i];
    }
  };
  compare(4e-6f);
  compare(1e-13);
}

}  // namespace

TEST(operators, arithmetic) {
  expect_values(
      -3, 3, [](auto& x) { return 2 * x + 1 - x / 4; }, [](double x) { return 2 * x + 1 - x / 4; });
  expect_values(
      1, 3, [](auto& x) { return 1 / x - x * x; }, [](double x) { return 1 / x - x * x; });
  expect_values(
      -3, 3, [](auto& x) { return -(1 - x); }, [](double x) { return x - 1; });
}

TEST(operators, comparisons_give_masks) {
  expect_values(
      -3, 3, [](auto& x) { return (x < 1) + 2 * (x > 1); }, [](double x) { return x < 1 ? 1 : 2; });
  expect_values(
      -3, 3, [](auto& x) { return (x <= -1) + 2 * (x >= 2); }, [](double x) { return (x <= -1) + 2 * (x >= 2); });
  expect_values(
      -3, 3, [](auto& x) { return (x == x) + (x == 7); }, [](double) { return 1; });
  expect_values(
      -3, 3, [](auto& x) { return where(x < 0, 5, x); }, [](double x) { return x < 0 ? 5 : x; });
}

TEST(operators, choices) {
  expect_values(
      -3, 3, [](auto& x) { return min(x, 1) + max(x, -1); },
      [](double x) { return std::min(x, 1.0) + std::max(x, -1.0); });
  expect_values(
      -3, 3, [](auto& x) { return clamp(x, -1, 2); }, [](double x) { return std::clamp(x, -1.0, 2.0); });
  expect_values(
      -3, 3, [](auto& x) { return abs(x); }, [](double x) { return std::abs(x); });
  expect_values(
      -3, 3, [](auto& x) { return relu(x); }, [](double x) { return std::max(x, 0.0); });
}

TEST(operators, functions) {
  expect_values(
      -20, 20, [](auto& x) { return exp(x); }, [](double x) { return std::exp(x); });
  expect_values(
      1e-3, 50, [](auto& x) { return log(x); }, [](double x) { return std::log(x); });
  expect_values(
      -0.9, 50, [](auto& x) { return log1p(x); }, [](double x) { return std::log1p(x); });
  expect_values(
      1e-3, 50, [](auto& x) { return sqrt(x); }, [](double x) { return std::sqrt(x); });
  expect_values(
      1e-3, 50, [](auto& x) { return rsqrt(x); }, [](double x) { return 1 / std::sqrt(x); });
  expect_values(
      -5, 5, [](auto& x) { return square(x); }, [](double x) { return x * x; });
  expect_values(
      -9, 9, [](auto& x) { return tanh(x); }, [](double x) { return std::tanh(x); });
  expect_values(
      -30, 30, [](auto& x) { return sigmoid(x); }, [](double x) { return 1 / (1 + std::exp(-x)); });
  expect_values(
      -30, 30, [](auto& x) { return softplus(x); },
      [](double x) { return std::log1p(std::exp(-std::abs(x))) + std::max(x, 0.0); });
}

TEST(operators, activations) {
  expect_values(
      -8, 8, [](auto& x) { return silu(x); }, [](double x) { return x / (1 + std::exp(-x)); });
  expect_values(
      -8, 8, [](auto& x) { return quick_gelu(x); }, [](double x) { return x / (1 + std::exp(-1.702 * x)); });
  expect_values(
      -8, 8, [](auto& x) { return gelu(x); }, [](double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); });
  expect_values(
      -8, 8, [](auto& x) { return gelu_tanh(x); },
      [](double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); });
}

TEST(operators, powers_of_positive_numbers) {
  for (const double e : {0.5, -0.5, 1.7, 2.0, 3.0, -2.0, 0.0})
    expect_values(
        0.2, 4, [&](auto& x) { return pow(x, e); }, [&](double x) { return std::pow(x, e); });
}

TEST(operators, whole_powers_of_negative_numbers) {
  for (const double e : {1.0, 2.0, 3.0, 7.0, 10.0, -1.0, -3.0, -4.0})
    expect_values(
        -2, -0.5, [&](auto& x) { return pow(x, e); }, [&](double x) { return std::pow(x, e); });
  const tensor<double, shape<4>> x({}, {-1.01, -0.99, 1.01, 0});
  inference<> ctx;
  const auto odd = eval(ctx, pow(x, 101)), even = eval(ctx, pow(x, 100)), half = eval(ctx, pow(x, 0.5));
  for (dim_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(odd[i], std::pow(x[i], 101), 1e-12);
    EXPECT_NEAR(even[i], std::pow(x[i], 100), 1e-12);
  }
  EXPECT_TRUE(std::isnan(half[0]));
}

TEST(operators, powers_of_infinities) {
  const float inf = std::numeric_limits<float>::infinity();
  tensor<float, shape<37>> x;
  for (dim_t i = 0; i < 37; ++i) x[i] = i % 2 == 0 ? -inf : inf;
  inference<> ctx;
  for (const double e : {0.5, -0.5, 1.7, 3.0, 4.0, 67.0, -3.0}) {
    const auto y = eval(ctx, pow(x, e));
    for (dim_t i = 0; i < 37; ++i) EXPECT_EQ(y[i], std::pow(x[i], static_cast<float>(e))) << e << " at " << i;
  }
}

TEST(operators, gradients_of_powers_at_zero_are_numbers) {
  recording<> ctx;
  const tensor<double, shape<2>> zero, ones({}, {1, 1});
  const auto x = ctx.variable(zero);
  ctx.backward(eval(ctx, pow(x, 2) + pow(x, 1) + pow(x, 0)), ones.view());
  EXPECT_EQ(ctx.gradient_of(x)[0], 1);
}

TEST(operators, cast_rounds_to_the_other_type) {
  const tensor<float, shape<3>> x({}, {1.0f, 1.00390625f, -2.5f});
  inference<> ctx;
  const auto y = eval(ctx, cast<bfloat16>(x));
  static_assert(std::is_same_v<decltype(y)::value_type, bfloat16>);
  EXPECT_EQ(static_cast<float>(y[0]), 1.0f);
  EXPECT_EQ(static_cast<float>(y[1]), 1.0f);  // halfway: to even
  EXPECT_EQ(static_cast<float>(y[2]), -2.5f);
  const auto back = eval(ctx, 2 * cast<float>(y));
  EXPECT_EQ(back[2], -5.0f);
}

TEST(operators, gradients_pass_casts) {
  recording<> ctx;
  const tensor<float, shape<2>> values({}, {3, 5});
  const tensor<double, shape<2>> g({}, {1, 10});
  const auto x = ctx.variable(values);
  const auto y = eval(ctx, square(cast<double>(x)));
  ctx.backward(y, g.view());
  EXPECT_EQ(ctx.gradient_of(x)[0], 6);
  EXPECT_EQ(ctx.gradient_of(x)[1], 100);
}

/// All pairs of special values, in every place of lanes and tails: what `f` gives, and its two gradients, beside PyTorch's
/// rule for one pair, (a, b, value, slope by a, slope by b).
template <class T, class F, class Rule>
void expect_special_values(const char* name, F f, Rule rule) {
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const T special[] = {nan, inf, -inf, 0, -1, 1, T(0.5)};
  constexpr dim_t n = 49;
  const auto same = [](T p, T q) { return p == q || (p != p && q != q); };
  recording<> ctx;
  for (dim_t turn = 0; turn < n; ++turn) {
    ctx.reset();
    tensor<T, shape<n>> a, b;
    for (dim_t i = 0; i < n; ++i) a[i] = special[(i + turn) % n / 7], b[i] = special[(i + turn) % n % 7];
    const auto x = ctx.variable(a), y = ctx.variable(b);
    tensor<T, shape<n>> ones;
    for (T& one : ones) one = 1;
    const auto value = eval(ctx, f(x, y));
    ctx.backward(value, ones.view());
    for (dim_t i = 0; i < n; ++i) {
      T expected, by_a, by_b;
      rule(a[i], b[i], expected, by_a, by_b);
      const auto where = [&] {
        return ::testing::Message() << name << "(" << a[i] << ", " << b[i] << ") in place " << i;
      };
      ASSERT_TRUE(same(value[i], expected)) << where() << " is " << value[i];
      ASSERT_TRUE(same(ctx.gradient_of(x)[i], by_a)) << where() << ", gradient by a " << ctx.gradient_of(x)[i];
      ASSERT_TRUE(same(ctx.gradient_of(y)[i], by_b)) << where() << ", gradient by b " << ctx.gradient_of(y)[i];
    }
  }
}

template <class T>
void expect_choices_of_special_values() {
  const T nan = std::numeric_limits<T>::quiet_NaN();
  expect_special_values<T>(
      "max", [](auto a, auto b) { return max(a, b); },
      [=](T a, T b, T& y, T& ga, T& gb) {
        y = a != a || b != b ? nan : a < b ? b : a;
        ga = a < b ? 0 : 1;  // torch: masked_fill(self < other, 0)
        gb = b <= a ? 0 : 1;
      });
  expect_special_values<T>(
      "min", [](auto a, auto b) { return min(a, b); },
      [=](T a, T b, T& y, T& ga, T& gb) {
        y = a != a || b != b ? nan : b < a ? b : a;
        ga = b < a ? 0 : 1;
        gb = a <= b ? 0 : 1;
      });
  expect_special_values<T>(
      "relu(a) + b", [](auto a, auto b) { return relu(a) + b; },
      [](T a, T b, T& y, T& ga, T& gb) {
        y = (a <= 0 ? 0 : a) + b;
        ga = a <= 0 ? 0 : 1;  // torch: threshold_backward
        gb = 1;
      });
  expect_special_values<T>(
      "clamp(a) + abs(b)", [](auto a, auto b) { return clamp(a, -0.75, 0.75) + abs(b); },
      [](T a, T b, T& y, T& ga, T& gb) {
        y = (a < T(-0.75) ? T(-0.75) : a > T(0.75) ? T(0.75) : a) + std::abs(b);
        ga = a >= T(-0.75) && a <= T(0.75);  // torch: clamp_backward
        gb = static_cast<T>((b > 0) - (b < 0));
      });
  expect_special_values<T>(
      "where", [](auto a, auto b) { return where(a, b, a) + where(a < b, b, 2 * b) * (b == b); },
      [](T a, T b, T& y, T& ga, T& gb) {
        const T same = b == b;
        y = (a != 0 ? b : a) + (a < b ? b : 2 * b) * same;
        ga = a != 0 ? 0 : 1;
        gb = (a != 0 ? 1 : 0) + (a < b ? same : 2 * same);
      });
}

TEST(operators, choices_of_nan_and_infinity_are_those_of_pytorch) {
  expect_choices_of_special_values<float>();
  expect_choices_of_special_values<double>();
}

TEST(operators, a_statement_is_computed_in_the_widest_of_its_types) {
  const tensor<double, shape<1>> a{{}, {100000001.25}}, b{{}, {100000000.0}};
  const tensor<float, shape<1>> f{{}, {1.001f}};
  inference<> ctx;
  EXPECT_EQ(eval(ctx, cast<float>(a - b))[0], 1.25f);
  EXPECT_EQ(static_cast<float>(eval(ctx, cast<bfloat16>(a - b))[0]), 1.25f);
  EXPECT_EQ(row_max(ctx, cast<float>(a - b))[0], 1.25f);
  EXPECT_EQ(sum(ctx, cast<float>(a - b) + 1)[0], 2.25f);
  EXPECT_EQ(eval(ctx, cast<float>(cast<bfloat16>(f)))[0], 1);
  EXPECT_EQ(eval(ctx, cast<float>(cast<float16>(f)))[0], static_cast<float>(float16(1.001f)));
  EXPECT_EQ(eval(ctx, cast<double>(cast<float>(a)) - a)[0], 100000000.0 - 100000001.25);
}

TEST(operators, casts_within_a_statement_round_in_lanes_and_tails) {
  const auto x = uniform<float>(shape<37>{}, -100, 100, 3);
  inference<> ctx;
  const auto y = eval(ctx, cast<float>(cast<bfloat16>(x)) + cast<float>(cast<std::int32_t>(x)));
  for (dim_t i = 0; i < 37; ++i)
    EXPECT_EQ(y[i], static_cast<float>(bfloat16(x[i])) + static_cast<float>(static_cast<int>(x[i]))) << i;
}

TEST(operators, what_lies_outside_an_integers_range_becomes_the_nearest_there_is) {
  constexpr float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const float odd[] = {3e9f, -3e9f, infinity, -infinity, nan, 2147483648.0f, -2147483648.0f, 300.0f, -0.5f};
  constexpr std::int32_t top = std::numeric_limits<std::int32_t>::max(), least = -top - 1;
  const std::int32_t expected[] = {top, least, top, least, least, top, least, 300, 0};
  const int bytes[] = {255, 0, 255, 0, 0, 255, 0, 255, 0};
  tensor<float, shape<37>> x;
  inference<> ctx;
  for (dim_t i = 0; i < 37; ++i) x[i] = odd[i % 9];
  const auto whole = eval(ctx, cast<std::int32_t>(x));
  const auto inside = eval(ctx, cast<float>(cast<std::int32_t>(x)));
  const auto small = eval(ctx, cast<std::uint8_t>(x));
  for (dim_t i = 0; i < 37; ++i) {
    EXPECT_EQ(whole[i], expected[i % 9]) << x[i];
    EXPECT_EQ(inside[i], static_cast<float>(expected[i % 9])) << x[i];
    EXPECT_EQ(small[i], bytes[i % 9]) << x[i];
  }
}

TEST(operators, integers_are_cast_exactly_and_have_no_gradient) {
  const tensor<std::int32_t, shape<3>> ids{{}, {1, 2, 3}};
  const tensor<std::int32_t, shape<1>> big{{}, {16777217}}, less{{}, {16777216}};
  const tensor<std::int64_t, shape<2>> labels{{}, {7, -2147483647}};
  recording<> ctx;
  EXPECT_EQ(eval(ctx, cast<float>(ids) * 0.5)[2], 1.5f);
  EXPECT_EQ(eval(ctx, cast<float>(cast<double>(big) - cast<double>(less)))[0], 1);
  const tensor<std::int64_t, shape<2>> large{{}, {9007199254740993, (std::int64_t{1} << 62) + 1}};
  for (dim_t i = 0; i < 2; ++i) EXPECT_EQ(eval(ctx, cast<std::int64_t>(large))[i], large[i]);
  EXPECT_EQ(eval(ctx, cast<std::int32_t>(labels))[0], 7);
  EXPECT_EQ(eval(ctx, cast<std::int32_t>(labels))[1], -2147483647);
  const tensor<float, shape<2>> x{{}, {2.75f, -2.75f}};
  const auto v = ctx.variable(x);
  const auto whole = eval(ctx, cast<std::int32_t>(v));
  EXPECT_EQ(whole[0], 2);
  EXPECT_EQ(whole[1], -2);
  static_assert(!active<decltype(whole)>);
  ctx.backward(sum(ctx, v * cast<float>(cast<std::int32_t>(v))));
  EXPECT_EQ(ctx.gradient_of(v)[0], 2);
  EXPECT_EQ(ctx.gradient_of(v)[1], -2);
}

TEST(operators, results_of_16_bits_are_recorded) {
  const tensor<float, shape<3>> x{{}, {1, 2, 3}};
  recording<> ctx;
  const auto v = ctx.variable(x);
  const auto square = eval(ctx, cast<bfloat16>(v * v));
  ctx.backward(sum(ctx, cast<float>(square) * cast<float>(square)));  // its gradient is the sum of two
  for (dim_t i = 0; i < 3; ++i) EXPECT_EQ(ctx.gradient_of(v)[i], 4 * x[i] * x[i] * x[i]);
}

TEST(operators, functions_of_analysis) {
  expect_values(
      -30, 30, [](auto& x) { return sin(x); }, [](double x) { return std::sin(x); });
  expect_values(
      -30, 30, [](auto& x) { return cos(x); }, [](double x) { return std::cos(x); });
  expect_values(
      -1.5, 1.5, [](auto& x) { return tan(x); }, [](double x) { return std::tan(x); });
  expect_values(
      -30, 30, [](auto& x) { return atan(x); }, [](double x) { return std::atan(x); });
  expect_values(
      -3, 3, [](auto& x) { return erf(x); }, [](double x) { return std::erf(x); });
  expect_values(
      -3, 3, [](auto& x) { return expm1(x); }, [](double x) { return std::expm1(x); });
  expect_values(
      1e-3, 9, [](auto& x) { return log2(x); }, [](double x) { return std::log2(x); });
  expect_values(
      1e-3, 3, [](auto& x) { return pow(x, x) + pow(2, x); }, [](double x) { return std::pow(x, x) + std::pow(2, x); });
}

TEST(operators, whole_numbers_and_signs) {
  const tensor<float, shape<7>> x({}, {-2.5f, -1.5f, -0.2f, 0, 0.5f, 2.5f, std::numeric_limits<float>::quiet_NaN()});
  inference<> ctx;
  const auto expect = [&](const auto& y, std::initializer_list<float> expected) {
    const auto found = eval(ctx, y);
    for (dim_t i = 0; i < 6; ++i) EXPECT_EQ(found[i], expected.begin()[i]) << i;
    EXPECT_TRUE(std::isnan(found[6]));
  };
  expect(floor(x), {-3, -2, -1, 0, 0, 2});
  expect(ceil(x), {-2, -1, 0, 0, 1, 3});
  expect(round(x), {-2, -2, 0, 0, 0, 2});
  expect(sign(x), {-1, -1, -1, 0, 1, 1});
}

TEST(operators, masks_are_combined) {
  const tensor<float, shape<5>> x({}, {-1, 0, 1, 2, std::numeric_limits<float>::quiet_NaN()});
  inference<> ctx;
  const auto expect = [&](const auto& mask, std::initializer_list<float> expected) {
    const auto found = eval(ctx, mask);
    for (dim_t i = 0; i < 5; ++i) EXPECT_EQ(found[i], expected.begin()[i]) << i;
  };
  expect(x != 1, {1, 1, 0, 1, 1});
  expect(!x, {0, 1, 0, 0, 0});
  expect(x > 0 && x < 2, {0, 0, 1, 0, 0});
  expect(x && x, {1, 0, 1, 1, 1});
  expect(x < 0 || x == 2, {1, 0, 0, 1, 0});
  expect(where(column_index < 2 || column_index == 4, 1, 0) * (x == x), {1, 1, 0, 0, 0});
}

TEST(operators, integers_are_compared_exactly) {
  tensor<std::int32_t, shape<19>> a, b;
  for (dim_t i = 0; i < 19; ++i)
    a[i] = std::numeric_limits<std::int32_t>::max() - static_cast<std::int32_t>(i), b[i] = a[i];
  b[0] -= 1, b[18] += 1;  // equal as floats
  inference<> ctx;
  const auto equal = eval(ctx, a == b), other = eval(ctx, !(a <= b) || a < b);
  static_assert(std::is_same_v<std::remove_const_t<decltype(equal)>::value_type, std::int32_t>);
  for (dim_t i = 0; i < 19; ++i) EXPECT_EQ(equal[i], i % 18 != 0) << i;
  for (dim_t i = 0; i < 19; ++i) EXPECT_EQ(other[i], i % 18 == 0) << i;
  EXPECT_EQ(item(ctx, sum(ctx, cast<float>(a == column_index))), 0);
  EXPECT_EQ(item(ctx, sum(ctx, cast<float>(a > 2147483640))), 7);
  EXPECT_EQ(item(ctx, sum(ctx, cast<float>(a < 3000000000))), 19);  // a number that is no int32_t stays what it is
  const tensor<std::int8_t, shape<3>> small({}, {44, 0, -1});
  EXPECT_EQ(item(ctx, sum(ctx, cast<float>(small == 300))), 0);
  EXPECT_EQ(item(ctx, sum(ctx, cast<float>(small < 128))), 3);
  const tensor<std::uint8_t, shape<3>> bytes({}, {255, 0, 1});
  EXPECT_EQ(item(ctx, sum(ctx, cast<float>(bytes == -1))), 0);
  EXPECT_EQ(item(ctx, sum(ctx, cast<float>(bytes > -1))), 3);
}

TEST(operators, row_index_counts_along_the_last_axis_but_one) {
  const tensor<float, shape<2, 2, 3>> zero;
  inference<> ctx;
  const auto y = eval(ctx, zero + (column_index == row_index) + 10 * row_index);
  for (dim_t i = 0; i < 2; ++i)
    for (dim_t j = 0; j < 2; ++j)
      for (dim_t k = 0; k < 3; ++k) EXPECT_EQ(y(i, j, k), (j == k) + 10 * j);
}
