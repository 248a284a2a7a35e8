// Lanes against single numbers: arithmetic, comparison, selection, loads, stores, conversions, folds.
#include <clipt/core/scalar_math.hpp>
#include <clipt/eval/lanes.hpp>
#include <clipt/eval/lanes_convert.hpp>
#include <clipt/eval/lanes_partial.hpp>
#include <clipt/eval/lanes_square.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>             // std::array
#include <bit>               // std::bit_cast
#include <cmath>             // std::isnan, std::signbit
#include <cstdint>           // std::int32_t
#include <initializer_list>  // std::initializer_list
#include <limits>            // std::numeric_limits
#include <type_traits>       // std::conditional_t
#include <vector>            // std::vector

namespace {

// Numbers have no namespace through which these would be found.
using clipt::max;
using clipt::min;
using clipt::where;

using clipt::lanes;

template <class T>
constexpr T infinity = std::numeric_limits<T>::infinity();
template <class T>
constexpr T nan_of = std::numeric_limits<T>::quiet_NaN();

template <class T>
std::vector<T> pairs_of() {
  return {T(0), T(-0.0), T(1), T(-1), T(0.375), T(-7.25), T(1e30), T(-1e-30), infinity<T>, -infinity<T>, nan_of<T>};
}

// Applies a function of two to every pair of the list above, on lanes and on numbers, and compares the bits.
template <class T, class Function>
void same_for_all_pairs(Function f) {
  using bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  for (const T a : pairs_of<T>()) {
    for (const T b : pairs_of<T>()) {
      const lanes<T> result = f(lanes<T>(a), lanes<T>(b));
      const T expected = f(a, b);
      for (int i = 0; i < lanes<T>::width; ++i) {
        if (std::isnan(expected)) {
          ASSERT_TRUE(std::isnan(result[i])) << a << ' ' << b;
        } else {
          ASSERT_EQ(std::bit_cast<bits>(result[i]), std::bit_cast<bits>(expected)) << a << ' ' << b;
        }
      }
    }
  }
}

template <class T>
lanes<T> one_to_n(T first = T(1)) {
  return clipt::lane_indices<T>() + first;
}

template <class T>
struct Lanes : testing::Test {};
using lane_types = testing::Types<float, double>;
TYPED_TEST_SUITE(Lanes, lane_types);

TYPED_TEST(Lanes, ArithmeticIsThatOfNumbers) {
  using T = TypeParam;
  same_for_all_pairs<T>([](auto a, auto b) { return a + b; });
  same_for_all_pairs<T>([](auto a, auto b) { return a - b; });
  same_for_all_pairs<T>([](auto a, auto b) { return a * b; });
  same_for_all_pairs<T>([](auto a, auto b) { return a / b; });
  same_for_all_pairs<T>([](auto a, auto) { return -a; });
  same_for_all_pairs<T>([](auto a, auto) { return +a; });
  same_for_all_pairs<T>([](auto a, auto b) {
    a += b;
    a *= 3;
    a -= 0.5;
    return a /= b;
  });
}

TYPED_TEST(Lanes, ComparisonsSelectAsNumbersDo) {
  using T = TypeParam;
  same_for_all_pairs<T>([](auto a, auto b) { return where(a < b, a, b); });
  same_for_all_pairs<T>([](auto a, auto b) { return where(a > b, a, b); });
  same_for_all_pairs<T>([](auto a, auto b) { return where(a <= b, a, b); });
  same_for_all_pairs<T>([](auto a, auto b) { return where(a >= b, a, b); });
  same_for_all_pairs<T>([](auto a, auto b) { return where(a == b, a, b); });
  same_for_all_pairs<T>([](auto a, auto b) { return where(a != b, a, b); });
  same_for_all_pairs<T>([](auto a, auto b) { return where(a > 0 && b > 0, a, b); });
  same_for_all_pairs<T>([](auto a, auto b) { return where(a > 0 || !(b < 1), a, b); });
}

TYPED_TEST(Lanes, MinAndMaxOfNaNAreNaN) {
  using T = TypeParam;
  same_for_all_pairs<T>([](auto a, auto b) { return min(a, b) + T(0); });  // which zero comes out is the machine's choice
  same_for_all_pairs<T>([](auto a, auto b) { return max(a, b) + T(0); });
  for (const T limit : {T(0), T(-3), nan_of<T>, infinity<T>}) {  // the mixed forms
    same_for_all_pairs<T>([&](auto a, auto) { return min(a, limit) + T(0); });
    same_for_all_pairs<T>([&](auto a, auto) { return min(limit, a) + T(0); });
    same_for_all_pairs<T>([&](auto a, auto) { return max(a, limit) + T(0); });
    same_for_all_pairs<T>([&](auto a, auto) { return max(limit, a) + T(0); });
  }
}

TYPED_TEST(Lanes, NumbersTakePartInMixedForms) {
  using T = TypeParam;
  const lanes<T> x = one_to_n<T>();
  const lanes<T> y = (2 * x + 1 - x / 4) * 0.5 + (1 - x) / x - (3 + x) * 2;
  for (int i = 0; i < lanes<T>::width; ++i) {
    const T v = T(i + 1);
    EXPECT_EQ(y[i], (2 * v + 1 - v / 4) * T(0.5) + (1 - v) / v - (3 + v) * 2);
    EXPECT_EQ(where(x > 2, x, 0)[i], v > 2 ? v : T(0));
    EXPECT_EQ(where(x > 2, 7, x)[i], v > 2 ? T(7) : v);
  }
  EXPECT_TRUE(std::signbit(lanes<T>(T(-0.0))[0])) << "a broadcast keeps the sign of zero";
}

TYPED_TEST(Lanes, MaskAnswersForEachLane) {
  using T = TypeParam;
  const auto mask = one_to_n<T>() > 1;
  EXPECT_FALSE(mask[0]);
  for (int i = 1; i < lanes<T>::width; ++i) EXPECT_TRUE(mask[i]);
  EXPECT_EQ(any(mask), lanes<T>::width > 1);
  for (int i = 0; i < lanes<T>::width; ++i) {
    EXPECT_TRUE(any(one_to_n<T>() == T(i + 1))) << "in lane " << i;
    EXPECT_FALSE(all(one_to_n<T>() != T(i + 1))) << "in lane " << i;
  }
  EXPECT_FALSE(all(mask));
  EXPECT_TRUE(all(mask || !mask));
  EXPECT_FALSE(any(mask && !mask));
}

TYPED_TEST(Lanes, PartialAccessTouchesNothingElse) {
  using T = TypeParam;
  constexpr int width = lanes<T>::width;
  for (int count = 0; count <= width; ++count) {
    // A vector of just that size lets the address sanitizer see every access.
    std::vector<T> source(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) source[static_cast<std::size_t>(i)] = T(i + 1);
    const lanes<T> value = clipt::load_partial(static_cast<const T*>(source.data()), count);
    for (int i = 0; i < width; ++i) EXPECT_EQ(value[i], i < count ? T(i + 1) : T(0));

    std::vector<T> exact(static_cast<std::size_t>(count));
    store_partial(exact.data(), value + 1, count);
    std::array<T, 2 * width> target;
    target.fill(T(-5));
    store_partial(target.data() + 1, value + 1, count);
    for (int i = 0; i < count; ++i) EXPECT_EQ(exact[static_cast<std::size_t>(i)], T(i + 2));
    for (int i = 0; i < 2 * width; ++i) {
      EXPECT_EQ(target[static_cast<std::size_t>(i)], i >= 1 && i <= count ? T(i + 1) : T(-5)) << count;
    }
  }
}

TYPED_TEST(Lanes, UnalignedAddresses) {
  using T = TypeParam;
  constexpr int width = lanes<T>::width;
  std::array<T, 2 * width> source{}, target{};
  for (int i = 0; i < 2 * width; ++i) source[static_cast<std::size_t>(i)] = T(i);
  for (int shift = 0; shift < width; ++shift) {
    store(target.data() + shift, clipt::load(static_cast<const T*>(source.data() + shift)) * 2);
    for (int i = 0; i < width; ++i) EXPECT_EQ(target[static_cast<std::size_t>(shift + i)], T(2 * (shift + i)));
  }
}

// Sums by pairs: in each round either the halves are added or neighbours, whatever the machine does best.
template <class T>
std::vector<T> pairwise_sums(const std::vector<T>& values) {
  if (values.size() == 1) return values;
  const std::size_t half = values.size() / 2;
  std::vector<T> halves, neighbours;
  for (std::size_t i = 0; i < half; ++i) {
    halves.push_back(values[i] + values[i + half]);
    neighbours.push_back(values[2 * i] + values[2 * i + 1]);
  }
  std::vector<T> sums = pairwise_sums(halves);
  for (const T sum : pairwise_sums(neighbours)) sums.push_back(sum);
  return sums;
}

TYPED_TEST(Lanes, SumsAreByPairs) {
  using T = TypeParam;
  constexpr int width = lanes<T>::width;
  std::vector<T> values;
  for (int i = 0; i < width; ++i) values.push_back(T(i % 2 == 0 ? 1 : -1) / T(3 * i + 1));
  EXPECT_THAT(pairwise_sums(values), testing::Contains(sum(clipt::load(static_cast<const T*>(values.data())))));
}

TYPED_TEST(Lanes, TheLargestAndTheSmallestLane) {
  using T = TypeParam;
  constexpr int width = lanes<T>::width;
  EXPECT_EQ(max(one_to_n<T>()), T(width));
  EXPECT_EQ(min(one_to_n<T>()), T(1));
  EXPECT_EQ(max(-one_to_n<T>()), T(-1));
  EXPECT_EQ(min(-one_to_n<T>()), T(-width));
  for (int i = 0; i < width; ++i) {
    const lanes<T> one = where(clipt::lane_indices<T>() == T(i), T(5), lanes<T>(1));
    EXPECT_EQ(max(one), T(5));
    EXPECT_EQ(min(-one), T(-5));
    const lanes<T> broken = where(clipt::lane_indices<T>() == T(i), nan_of<T>, one_to_n<T>());
    EXPECT_TRUE(std::isnan(max(broken))) << i;
    EXPECT_TRUE(std::isnan(min(broken))) << i;
  }
}

TYPED_TEST(Lanes, TransposesASquare) {
  using T = TypeParam;
  constexpr int width = lanes<T>::width;
  lanes<T> square[width];
  for (int i = 0; i < width; ++i) square[i] = one_to_n<T>(T(100 * i));
  transpose_square(square);
  for (int i = 0; i < width; ++i)
    for (int j = 0; j < width; ++j) EXPECT_EQ(square[i][j], T(100 * j + i));
}

template <class T, class U>
void converts(std::initializer_list<int> numbers) {
  constexpr int width = lanes<T>::width;
  for (const int number : numbers) {
    for (int count = 0; count <= width; ++count) {
      std::vector<U> source, target(width);
      for (int i = 0; i < width; ++i) source.push_back(static_cast<U>(number - i));
      const lanes<T> whole = clipt::load_as<T>(static_cast<const U*>(source.data()));
      const std::vector<U> first(source.begin(), source.begin() + count);
      const lanes<T> part = clipt::load_partial_as<T>(static_cast<const U*>(first.data()), count);
      store_partial_as(target.data(), whole, count);
      for (int i = 0; i < width; ++i) {
        const auto k = static_cast<std::size_t>(i);
        EXPECT_EQ(whole[i], static_cast<T>(source[k]));
        EXPECT_EQ(part[i], i < count ? static_cast<T>(source[k]) : T(0));
        EXPECT_EQ(static_cast<T>(target[k]), i < count ? static_cast<T>(source[k]) : T(0));
      }
    }
  }
}

TYPED_TEST(Lanes, LoadsAndStoresOtherTypes) {
  using T = TypeParam;
  converts<T, std::int32_t>({16, 100000, -70000, 16777200});
  converts<T, std::int64_t>({16, 100000, -70000, 16777200});
  converts<T, std::uint8_t>({16, 100, 255});
  converts<T, std::int8_t>({16, 127, -100});
  converts<T, std::uint16_t>({16, 65535});
  converts<T, clipt::bfloat16>({16, 255, -100});
  converts<T, clipt::float16>({16, 2047, -1000});
  converts<T, float>({16, 2047, -1000});
  converts<T, double>({16, 2047, -1000});
  constexpr bool flags[17] = {true, false, true};
  EXPECT_EQ(clipt::load_as<T>(flags)[0], T(1));
  EXPECT_EQ(clipt::load_as<T>(flags + 1)[0], T(0));
}

TEST(Bfloat16Lanes, AreTheSingleConversions) {
  constexpr int width = lanes<float>::width;
  for (std::uint32_t upper = 0; upper < 65536u; ++upper) {
    const auto stored = clipt::bfloat16::from_bits(static_cast<std::uint16_t>(upper));
    std::array<clipt::bfloat16, width> source, target;
    source.fill(stored);
    const lanes<float> loaded = clipt::load_as<float>(static_cast<const clipt::bfloat16*>(source.data()));
    ASSERT_EQ(std::bit_cast<std::uint32_t>(loaded[width - 1]), upper << 16);
    for (const std::uint32_t lower : {0u, 1u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu}) {
      const float value = std::bit_cast<float>(upper << 16 | lower);
      clipt::store_as(target.data(), lanes<float>(value));
      ASSERT_EQ(target[width - 1].bits(), clipt::bfloat16(value).bits()) << upper << ' ' << lower;
    }
  }
}

}  // namespace
