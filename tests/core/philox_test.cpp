// Philox against its published vectors, and the streams that are built on it.
#include <clipt/core/philox.hpp>
#include <gtest/gtest.h>

#include <set>

namespace {

using words = std::array<std::uint32_t, 4>;

TEST(philox, published_vectors) {  // Random123's kat_vectors for philox4x32-10
  EXPECT_EQ(clipt::philox({0, 0, 0, 0}, 0), (words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(clipt::philox({~0u, ~0u, ~0u, ~0u}, ~0ull), (words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(clipt::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822ull),
            (words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(random_stream, is_a_function_of_its_arguments) {
  const clipt::random_stream a{1, 2, 3}, b{1, 2, 4};
  EXPECT_EQ(a.bits(17), (clipt::random_stream{1, 2, 3}.bits(17)));
  EXPECT_NE(a.bits(17), b.bits(17));
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(a.bits(i));
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(random_stream, moments) {
  const clipt::random_stream random{7};
  const int n = 100000;
  double uniform_sum = 0, normal_sum = 0, normal_squares = 0;
  for (int i = 0; i < n; ++i) {
    const float u = random.uniform(i), z = random.normal(i);
    ASSERT_GE(u, 0.0f);
    ASSERT_LT(u, 1.0f);
    uniform_sum += u;
    normal_sum += z;
    normal_squares += z * z;
  }
  EXPECT_NEAR(uniform_sum / n, 0.5, 0.005);
  EXPECT_NEAR(normal_sum / n, 0.0, 0.015);
  EXPECT_NEAR(normal_squares / n, 1.0, 0.02);
}

TEST(random_stream, below_reaches_every_value) {
  const clipt::random_stream random{3};
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 500; ++i) seen.insert(random.below(i, 10));
  EXPECT_EQ(seen.size(), 10u);
  EXPECT_EQ(*seen.rbegin(), 9u);
}

}  // namespace
