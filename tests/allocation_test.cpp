// The counter that the zero-allocation tests rely on sees every way to allocate, and nothing else.
#include <allocation.hpp>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace {

struct alignas(64) cache_line {
  char bytes[64];
};

void* volatile sink;  // keeps the compiler from removing a pair of new and delete

TEST(allocation_counter, sees_operator_new) {
  clipt_test::allocation_counter counter;
  EXPECT_EQ(counter.count(), 0u);
  int* one = new int(1);
  sink = one;
  EXPECT_EQ(counter.count(), 1u);
  EXPECT_GE(counter.bytes(), sizeof(int));
  delete one;
  cache_line* aligned = new cache_line;
  sink = aligned;
  EXPECT_EQ(counter.count(), 2u);
  delete aligned;
  std::vector<int> many(100);
  sink = many.data();
  EXPECT_EQ(counter.count(), 3u);
  counter.restart();
  EXPECT_EQ(counter.count(), 0u);
  EXPECT_EQ(counter.bytes(), 0u);
}

TEST(allocation_counter, sees_other_threads) {
  clipt_test::allocation_counter counter;
  std::thread([&] {
    for (int i = 0; i < 10; ++i) {
      int* one = new int(i);
      sink = one;
      delete one;
    }
  }).join();
  EXPECT_GE(counter.count(), 10u);
}

TEST(allocation_counter, sees_malloc) {
  if (!CLIPT_TEST_COUNTS_MALLOC) GTEST_SKIP() << "skipped: malloc belongs to the sanitizer or to another C library";
  clipt_test::allocation_counter counter;
  void* memory = std::malloc(10);
  sink = memory;
  EXPECT_EQ(counter.count(), 1u);
  memory = std::realloc(memory, 20000);
  sink = memory;
  EXPECT_EQ(counter.count(), 2u);
  std::free(memory);
  memory = std::aligned_alloc(64, 128);
  sink = memory;
  EXPECT_EQ(counter.count(), 3u);
  std::free(memory);
  memory = std::calloc(3, 4);
  sink = memory;
  EXPECT_EQ(counter.count(), 4u);
  std::free(memory);
}

}  // namespace
