// The elementwise functions of single numbers, and that their names collide with nothing.
#include <clipt/core/scalar_math.hpp>

#include <gtest/gtest.h>

#include <cmath>   // std::isnan
#include <limits>  // std::numeric_limits

namespace clipt {
namespace {

struct every_function {
  template <class T>
  static T apply(T x) {
    return exp(x) + log(x) + log1p(x) + tanh(x) + erf(x) + sqrt(x) + rsqrt(x) + floor(x) + abs(x) + square(x) +
           sigmoid(x) + min(x, T(1)) + max(x, T(1)) + where(x < T(3), x, T(0)) + mul_add(x, x, x);
  }
};

TEST(ScalarMath, AnOpFindsEveryFunction) {
  const double expected = std::exp(2.0) + std::log(2.0) + std::log1p(2.0) + std::tanh(2.0) + std::erf(2.0) +
                          std::sqrt(2.0) + 1.0 / std::sqrt(2.0) + 2.0 + 2.0 + 4.0 + 1.0 / (1.0 + std::exp(-2.0)) + 1.0 +
                          2.0 + 2.0 + 6.0;
  EXPECT_NEAR(every_function::apply(2.0), expected, 1e-14);
  EXPECT_NEAR(every_function::apply(2.0f), expected, 1e-5);
}

TEST(ScalarMath, MinAndMaxOfANanAreNan) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(max(nan, 0.0f)));
  EXPECT_TRUE(std::isnan(min(nan, 0.0f)));
  EXPECT_TRUE(std::isnan(max(0.0f, nan)));
  EXPECT_TRUE(std::isnan(min(0.0f, nan)));
}

TEST(ScalarMath, SigmoidReachesBothEnds) {
  EXPECT_EQ(sigmoid(-std::numeric_limits<float>::infinity()), 0.0f);
  EXPECT_EQ(sigmoid(std::numeric_limits<float>::infinity()), 1.0f);
  EXPECT_EQ(sigmoid(0.0), 0.5);
  EXPECT_NEAR(sigmoid(-700.0) / std::exp(-700.0), 1.0, 1e-15);
}

}  // namespace
}  // namespace clipt

// A user's file with both namespaces open: each call has one best candidate.
namespace careless {
using namespace clipt;
using namespace std;

TEST(ScalarMath, IsUnambiguousBesideStd) {
  EXPECT_EQ(exp(0.0f) + exp(0.0) + abs(-1.0f) + sqrt(4.0) + floor(1.5f), 6.0);
  EXPECT_EQ(min(1.0f, 2.0f) + max(1.0, 2.0), 3.0);
}
}  // namespace careless
