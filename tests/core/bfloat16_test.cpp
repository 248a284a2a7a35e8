// The 16-bit storage types: all 65,536 patterns, the midpoints between neighbours, and what surrounds both.
#include <clipt/core/bfloat16.hpp>

#include <gtest/gtest.h>

#include <bit>          // std::bit_cast
#include <cmath>        // std::ldexp, std::nextafter
#include <limits>       // std::numeric_limits
#include <type_traits>  // std::is_trivially_copyable_v

namespace {

using clipt::bfloat16;
using clipt::float16;

static_assert(sizeof(bfloat16) == 2 && sizeof(float16) == 2);
static_assert(std::is_trivially_copyable_v<bfloat16> && std::is_trivially_default_constructible_v<bfloat16>);
static_assert(std::is_trivially_copyable_v<float16> && std::is_trivially_default_constructible_v<float16>);
static_assert(!std::is_convertible_v<float, bfloat16> && !std::is_convertible_v<bfloat16, float>);
static_assert(static_cast<float>(bfloat16(1.0f)) == 1.0f && static_cast<double>(float16(-2.0f)) == -2.0);

template <class T>
constexpr int fraction_bits = std::is_same_v<T, bfloat16> ? 7 : 10;

// What a pattern means, from the definition of the format.
template <class T>
double meaning(unsigned pattern) {
  constexpr int fraction_size = fraction_bits<T>;
  constexpr int bias = (1 << (14 - fraction_size)) - 1;
  const double sign = pattern & 0x8000u ? -1.0 : 1.0;
  const int exponent = static_cast<int>(pattern & 0x7fffu) >> fraction_size;
  const int fraction = static_cast<int>(pattern & ((1u << fraction_size) - 1u));
  if (exponent == 2 * bias + 1) {
    return fraction == 0 ? sign * std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  }
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias - fraction_size);
  return sign * std::ldexp((1 << fraction_size) + fraction, exponent - bias - fraction_size);
}

template <class T>
struct Storage16 : testing::Test {};
using storage_types = testing::Types<bfloat16, float16>;
TYPED_TEST_SUITE(Storage16, storage_types);

TYPED_TEST(Storage16, EveryPatternIsExactAndComesBack) {
  for (unsigned pattern = 0; pattern < 65536u; ++pattern) {
    const auto stored = TypeParam::from_bits(static_cast<std::uint16_t>(pattern));
    const float value = static_cast<float>(stored);
    const double expected = meaning<TypeParam>(pattern);
    const unsigned back = TypeParam(value).bits();
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(value)) << pattern;
      ASSERT_EQ(back, pattern | 1u << (fraction_bits<TypeParam> - 1)) << "a NaN keeps its sign and becomes quiet";
    } else {
      ASSERT_EQ(static_cast<double>(value), expected) << pattern;
      ASSERT_EQ(std::signbit(value), std::signbit(expected)) << pattern;
      ASSERT_EQ(static_cast<double>(stored), expected);
      ASSERT_EQ(back, pattern);
    }
  }
}

TYPED_TEST(Storage16, RoundsToTheNearestAndTiesToEven) {
  const unsigned infinity = ((1u << (15 - fraction_bits<TypeParam>)) - 1u) << fraction_bits<TypeParam>;
  for (unsigned pattern = 0; pattern < infinity; ++pattern) {
    // Beyond the largest number lies the power of two that the format has no exponent for; its place is infinity.
    const double low = meaning<TypeParam>(pattern);
    const bool largest = pattern + 1 == infinity;
    const double high = largest ? 2.0 * low - meaning<TypeParam>(pattern - 1) : meaning<TypeParam>(pattern + 1);
    const auto middle = static_cast<float>((low + high) / 2.0);
    ASSERT_EQ(static_cast<double>(middle), (low + high) / 2.0);
    const unsigned even = pattern % 2 == 0 ? pattern : pattern + 1;
    ASSERT_EQ(TypeParam(middle).bits(), even) << middle;
    ASSERT_EQ(TypeParam(-middle).bits(), even | 0x8000u) << middle;
    ASSERT_EQ(TypeParam(std::nextafter(middle, 0.0f)).bits(), pattern) << middle;
    ASSERT_EQ(TypeParam(std::nextafter(middle, HUGE_VALF)).bits(), pattern + 1) << middle;
  }
}

TYPED_TEST(Storage16, KeepsWhatIsNoNumber) {
  EXPECT_EQ(static_cast<float>(TypeParam(HUGE_VALF)), HUGE_VALF);
  EXPECT_EQ(static_cast<float>(TypeParam(-HUGE_VALF)), -HUGE_VALF);
  EXPECT_TRUE(std::signbit(static_cast<float>(TypeParam(-0.0f))));
  for (const std::uint32_t nan : {0x7f800001u, 0x7fffffffu, 0xff800001u, 0xffffffffu, 0x7fc00000u}) {
    EXPECT_TRUE(std::isnan(static_cast<float>(TypeParam(std::bit_cast<float>(nan))))) << nan;
  }
}

TEST(Storage16, KnownValues) {
  EXPECT_EQ(bfloat16(3.14159265f).bits(), 0x4049);
  EXPECT_EQ(float16(3.14159265f).bits(), 0x4248);
  EXPECT_EQ(float16(65504.0f).bits(), 0x7bff);
  EXPECT_EQ(float16(65519.0f).bits(), 0x7bff);
  EXPECT_EQ(float16(65520.0f).bits(), 0x7c00);
  EXPECT_EQ(float16(5.9604645e-8f).bits(), 0x0001);
  EXPECT_EQ(bfloat16(std::numeric_limits<float>::max()).bits(), 0x7f80);
}

}  // namespace
