#include <gtest/gtest.h>
#include <cstdint>

#include <clipt/memory/arena.hpp>

using namespace clipt;

TEST(arena, gives_aligned_pieces_that_do_not_overlap) {
  arena<> a;
  auto* first = static_cast<std::byte*>(a.take(1));
  auto* second = static_cast<std::byte*>(a.take(100));
  auto* third = static_cast<std::byte*>(a.take(64));
  for (auto* p : {first, second, third}) EXPECT_EQ(reinterpret_cast<std::uintptr_t>(p) % 64, 0u);
  EXPECT_EQ(second - first, 64);
  EXPECT_EQ(third - second, 128);
  EXPECT_EQ(a.peak(), 64u + 128u + 64u);
}

TEST(arena, holds_one_block_of_peak_size_after_a_round_and_repeats_addresses) {
  arena<> a;
  const std::size_t sizes[] = {1 << 19, 1 << 20, 3 << 20, 100, 5 << 20};
  for (const auto bytes : sizes) a.take(bytes);  // several blocks
  a.reset();
  a.seal();
  void* round[2][5];
  for (auto& addresses : round) {
    for (int i = 0; i < 5; ++i) addresses[i] = a.take(sizes[i]);
    a.reset();
  }
  for (int i = 0; i < 5; ++i) EXPECT_EQ(round[0][i], round[1][i]);
  EXPECT_EQ(static_cast<std::byte*>(round[0][4]) - static_cast<std::byte*>(round[0][0]),
            (1 << 19) + (1 << 20) + (3 << 20) + 128);
}

TEST(arena, gives_back_to_a_mark_across_blocks) {
  arena<> a;
  a.take(1000);
  const auto mark = a.mark();
  void* const next = a.take(64);
  a.take(8 << 20);  // a block of its own
  a.release(mark);
  EXPECT_EQ(a.take(64), next);
}

TEST(arena, counts_the_peak_not_the_sum) {
  arena<> a;
  for (int i = 0; i < 10; ++i) {
    const auto mark = a.mark();
    a.take(1 << 16);
    a.release(mark);
  }
  EXPECT_EQ(a.peak(), std::size_t{1} << 16);
}

TEST(arena, a_sealed_one_does_not_grow) {
  arena<> a;
  a.take(1000);
  a.reset();
  a.seal();
  EXPECT_NO_THROW(a.take(1000));
  EXPECT_THROW(a.take(2 << 20), error);
}
