#include <gtest/gtest.h>
#include <cstring>
#include <vector>

#include <clipt/core/philox.hpp>
#include <clipt/memory/pool.hpp>

using namespace clipt;

TEST(pool, uses_again_what_was_given_back) {
  pool<> p;
  void* const a = p.take(1000);
  void* const b = p.take(1000);
  EXPECT_NE(a, b);
  p.give(a, 1000);
  EXPECT_EQ(p.take(500), a);
}

TEST(pool, joins_neighbours) {
  pool<> p;
  std::byte* pieces[4];
  for (auto& piece : pieces) piece = static_cast<std::byte*>(p.take(64));
  const std::size_t capacity = p.capacity();
  p.give(pieces[0], 64);
  p.give(pieces[2], 64);
  p.give(pieces[1], 64);  // joins both sides
  EXPECT_EQ(p.take(192), pieces[0]);
  EXPECT_EQ(p.capacity(), capacity);
}

TEST(pool, the_same_requests_give_the_same_addresses) {
  pool<> p;
  const auto round = [&] {
    std::vector<void*> addresses;
    std::vector<std::pair<void*, std::size_t>> held;
    const random_stream random{4};
    for (std::uint64_t i = 0; i < 300; ++i) {
      if (random.bits(2 * i) % 3 > 0 || held.empty()) {
        const std::size_t bytes = 1 + random.bits(2 * i + 1) % 100000;
        held.emplace_back(p.take(bytes), bytes);
        addresses.push_back(held.back().first);
      } else {
        const std::size_t which = random.bits(2 * i + 1) % held.size();
        p.give(held[which].first, held[which].second);
        held.erase(held.begin() + static_cast<std::ptrdiff_t>(which));
      }
    }
    p.reset();
    return addresses;
  };
  round();  // several blocks become one
  p.seal();
  const auto first = round();
  EXPECT_EQ(first, round());
}

TEST(pool, pieces_do_not_overlap) {
  pool<> p;
  std::vector<std::pair<unsigned char*, std::size_t>> held;
  const random_stream random{5};
  for (std::uint64_t i = 0; i < 500; ++i) {
    if (random.bits(2 * i) % 3 > 0 || held.empty()) {
      const std::size_t bytes = 1 + random.bits(2 * i + 1) % 20000;
      auto* const data = static_cast<unsigned char*>(p.take(bytes));
      std::memset(data, static_cast<int>(i % 251), bytes);
      held.emplace_back(data, bytes);
    } else {
      const std::size_t which = random.bits(2 * i + 1) % held.size();
      const auto [data, bytes] = held[which];
      for (std::size_t k = 1; k < bytes; ++k) ASSERT_EQ(data[k], data[0]);
      p.give(data, bytes);
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(which));
    }
  }
}

TEST(pool, a_sealed_one_does_not_grow) {
  pool<> p;
  p.take(1000);
  p.reset();
  p.seal();
  EXPECT_NO_THROW(p.take(1000));
  EXPECT_THROW(p.take(8 << 20), error);
}
