// The elementary functions of float lanes against double, over the bit patterns of float; those of double against std.
#include <clipt/core/scalar_math.hpp>
#include <clipt/eval/lanes_math.hpp>

#include <gtest/gtest.h>

#include <array>    // std::array
#include <bit>      // std::bit_cast
#include <cmath>    // std::exp and its relatives in double
#include <cstdint>  // std::uint32_t
#include <cstdio>   // std::printf
#include <limits>   // std::numeric_limits
#include <string>   // std::to_string

namespace {

using clipt::lanes;

constexpr float infinite = std::numeric_limits<float>::infinity();
constexpr double smallest_normal = std::numeric_limits<float>::min();

/// The distance of a float from the true value, in units of the true value's last place.
///
/// Denormal results may be flushed, so there the unit is the smallest normal number. Overflow must be infinity.
double error_in_ulp(float result, double exact) {
  const float rounded = static_cast<float>(exact);
  if (std::isnan(exact)) return std::isnan(result) ? 0.0 : HUGE_VAL;
  if (std::isinf(rounded)) return result == rounded ? 0.0 : HUGE_VAL;
  if (std::isnan(result)) return HUGE_VAL;
  const double distance = std::abs(static_cast<double>(result) - exact);
  if (std::abs(exact) < smallest_normal) return distance / smallest_normal;
  return distance / std::ldexp(1.0, std::ilogb(exact) - 23);
}

struct worst_case {
  double ulp = 0.0;
  float at = 0.0f;
};

// Every 1009th pattern (a prime: all exponents, low bits, signs, many NaNs), then all patterns near infinity and near
// the numbers where a function changes its formula.
template <class Function, class Exact>
worst_case search(Function f, Exact exact) {
  constexpr int width = lanes<float>::width;
  worst_case worst;
  std::array<float, width> in{}, out{};
  int filled = 0;
  const auto flush = [&] {
    store(out.data(), f(clipt::load(static_cast<const float*>(in.data()))));
    for (std::size_t i = 0; i < in.size(); ++i) {
      const double ulp = error_in_ulp(out[i], exact(static_cast<double>(in[i])));
      if (ulp > worst.ulp) worst = {ulp, in[i]};
    }
    filled = 0;
  };
  const auto add = [&](float x) {
    in[static_cast<std::size_t>(filled++)] = x;
    if (filled == width) flush();
  };
  for (std::uint64_t bits = 0; bits < 1ull << 32; bits += 1009) {
    add(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  }
  for (const float centre : {0.0f, 1e-38f, 1.17549435e-38f, 1e-8f, 0.3465736f, 0.70710678f, 1.0f, 1.1f, 4.0f, 9.1f,
                             87.68f, 88.0f, 88.72284f, 103.97f, 8388608.0f, infinite}) {
    for (int i = -200; i <= 200; ++i) {
      const float x = std::bit_cast<float>(std::bit_cast<std::uint32_t>(centre) + static_cast<std::uint32_t>(i));
      add(x);
      add(-x);
    }
  }
  flush();
  return worst;
}

template <class Function, class Exact>
void expect_within(const char* name, double limit, Function f, Exact exact) {
  const worst_case worst = search(f, exact);
  EXPECT_LE(worst.ulp, limit) << "at " << worst.at;
  testing::Test::RecordProperty(name, std::to_string(worst.ulp));
  std::printf("%-8s at most %.3f ulp, at %.9g\n", name, worst.ulp, static_cast<double>(worst.at));
}

using x_t = const lanes<float>&;

TEST(LanesMath, Exp) {
  expect_within(
      "exp", 1.5, [](x_t x) { return exp(x); }, [](double x) { return std::exp(x); });
}
TEST(LanesMath, Log) {
  expect_within(
      "log", 2.0, [](x_t x) { return log(x); }, [](double x) { return std::log(x); });
}
TEST(LanesMath, Log1p) {
  expect_within(
      "log1p", 2.0, [](x_t x) { return log1p(x); }, [](double x) { return std::log1p(x); });
}
TEST(LanesMath, Tanh) {
  expect_within(
      "tanh", 3.0, [](x_t x) { return tanh(x); }, [](double x) { return std::tanh(x); });
}
TEST(LanesMath, Erf) {
  expect_within(
      "erf", 3.0, [](x_t x) { return erf(x); }, [](double x) { return std::erf(x); });
}
TEST(LanesMath, Sigmoid) {
  expect_within(
      "sigmoid", 3.0, [](x_t x) { return sigmoid(x); }, [](double x) { return 1.0 / (1.0 + std::exp(-x)); });
}
TEST(LanesMath, Rsqrt) {
  expect_within(
      "rsqrt", 1.5, [](x_t x) { return rsqrt(x); }, [](double x) { return 1.0 / std::sqrt(x); });
}
TEST(LanesMath, ExactlyRounded) {
  expect_within(
      "sqrt", 0.5001, [](x_t x) { return sqrt(x); }, [](double x) { return std::sqrt(x); });
  expect_within(
      "floor", 0.0, [](x_t x) { return floor(x); }, [](double x) { return std::floor(x); });
  expect_within(
      "abs", 0.0, [](x_t x) { return abs(x); }, [](double x) { return std::abs(x); });
  expect_within(
      "square", 0.5001, [](x_t x) { return square(x); }, [](double x) { return x * x; });
}

TEST(LanesMath, Ends) {
  EXPECT_EQ(exp(lanes<float>(infinite))[0], infinite);
  EXPECT_EQ(exp(lanes<float>(-infinite))[0], 0.0f);
  EXPECT_EQ(exp(lanes<float>(0.0f))[0], 1.0f);
  EXPECT_EQ(log(lanes<float>(-0.0f))[0], -infinite);
  EXPECT_EQ(log(lanes<float>(1.0f))[0], 0.0f);
  EXPECT_TRUE(std::isnan(log(lanes<float>(-infinite))[0]));
  EXPECT_EQ(log1p(lanes<float>(-1.0f))[0], -infinite);
  EXPECT_EQ(log1p(lanes<float>(infinite))[0], infinite);
  EXPECT_EQ(sigmoid(lanes<float>(-infinite))[0], 0.0f);
  EXPECT_EQ(sigmoid(lanes<float>(infinite))[0], 1.0f);
  EXPECT_EQ(tanh(lanes<float>(-infinite))[0], -1.0f);
  EXPECT_EQ(erf(lanes<float>(-infinite))[0], -1.0f);
  EXPECT_EQ(rsqrt(lanes<float>(0.0f))[0], infinite);
}

TEST(LanesMath, KeepsTheSignOfZeroAndTinyNumbersAsTheyAre) {
  constexpr float tiny = std::numeric_limits<float>::denorm_min();
  EXPECT_TRUE(std::signbit(tanh(lanes<float>(-0.0f))[0]));
  EXPECT_TRUE(std::signbit(log1p(lanes<float>(-0.0f))[0]));
  EXPECT_TRUE(std::signbit(erf(lanes<float>(-0.0f))[0]));
  EXPECT_TRUE(std::signbit(floor(lanes<float>(-0.0f))[0]));
  EXPECT_TRUE(std::signbit(sqrt(lanes<float>(-0.0f))[0]));
  EXPECT_EQ(tanh(lanes<float>(tiny))[0], tiny);
  EXPECT_EQ(log1p(lanes<float>(tiny))[0], tiny);
}

TEST(LanesMath, ValuesNeverLeaveTheirRange) {
  for (std::uint32_t bits = 0x3f000000u; bits < 0x42c80000u; bits += 37) {  // 0.5 to 100
    const lanes<float> x(std::bit_cast<float>(bits));
    ASSERT_LE(erf(x)[0], 1.0f) << x[0];
    ASSERT_LE(tanh(x)[0], 1.0f) << x[0];
    ASSERT_LE(sigmoid(x)[0], 1.0f) << x[0];
    ASSERT_GE(sigmoid(-x)[0], 0.0f) << x[0];
  }
}

TEST(LanesMath, DoublesAreThoseOfStd) {
  for (const double x : {-3.75, -0.5, -0.0, 1e-300, 0.1, 0.9, 1.5, 40.0, 1e5}) {
    const lanes<double> v(x);
    const auto last = lanes<double>::width - 1;
    EXPECT_EQ(exp(v)[last], std::exp(x));
    EXPECT_EQ(tanh(v)[last], std::tanh(x));
    EXPECT_EQ(erf(v)[last], std::erf(x));
    EXPECT_EQ(floor(v)[last], std::floor(x));
    EXPECT_EQ(abs(v)[last], std::abs(x));
    EXPECT_EQ(square(v)[last], x * x);
    EXPECT_EQ(sigmoid(v)[last], clipt::sigmoid(x));
    if (x >= 0) {
      EXPECT_EQ(log(v)[last], std::log(x));
      EXPECT_EQ(log1p(v)[last], std::log1p(x));
      EXPECT_EQ(sqrt(v)[last], std::sqrt(x));
      EXPECT_EQ(rsqrt(v)[last], 1.0 / std::sqrt(x));
    }
  }
}

}  // namespace
