// Each piece runs once, nested loops are serial, and exceptions arrive.
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include <clipt/eval/parallel.hpp>

namespace {

using clipt::dim_t;
using clipt::on_cpu::parallel_for;

TEST(parallel, each_piece_once) {
  for (int threads : {0, 1, 2, 5, 16})
    for (dim_t count : {0, 1, 2, 7, 100, 12345}) {
      std::vector<int> visits(static_cast<std::size_t>(count));
      parallel_for(threads, count, [&](dim_t i) { ++visits[static_cast<std::size_t>(i)]; });
      for (int visit : visits) ASSERT_EQ(visit, 1);
    }
}

TEST(parallel, nested_loops_are_serial) {
  std::vector<int> visits(64);
  std::atomic<int> most = 0;
  parallel_for(4, 8, [&](dim_t i) {
    if (clipt::on_cpu::thread_count(4) > most) most = clipt::on_cpu::thread_count(4);
    parallel_for(4, 8, [&](dim_t j) { ++visits[static_cast<std::size_t>(8 * i + j)]; });
  });
  for (int visit : visits) ASSERT_EQ(visit, 1);
  ASSERT_EQ(most, 1);
}

TEST(parallel, exceptions_arrive) {
  for (int threads : {1, 4})
    ASSERT_THROW(parallel_for(threads, 100,
                              [](dim_t i) {
                                if (i == 50) throw std::runtime_error("piece 50");
                              }),
                 std::runtime_error);
}

TEST(parallel, loops_of_several_threads_at_once) {
  std::vector<std::thread> users;
  std::atomic<dim_t> total = 0;
  for (int u = 0; u < 4; ++u)
    users.emplace_back([&] {
      for (int round = 0; round < 200; ++round) parallel_for(0, 17, [&](dim_t i) { total += i; });
    });
  for (auto& user : users) user.join();
  ASSERT_EQ(total, 4 * 200 * (16 * 17 / 2));
}

TEST(parallel, a_pool_of_many_threads) {
  // Loops of changing length right after one another: a thread that still looks at one loop must not touch the next.
  clipt::on_cpu::thread_pool pool(7);
  std::vector<int> visits(64);
  for (int round = 0; round < 20000; ++round) {
    const dim_t count = 1 + round * 7 % 61;
    std::fill(visits.begin(), visits.end(), 0);
    pool.run([](void* loop, dim_t i) { ++static_cast<int*>(loop)[i]; }, visits.data(), count, 8);
    for (dim_t i = 0; i < 64; ++i)
      ASSERT_EQ(visits[static_cast<std::size_t>(i)], i < count ? 1 : 0) << "round " << round;
  }
}

}  // namespace
