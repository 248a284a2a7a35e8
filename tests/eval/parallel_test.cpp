// Each piece runs once, loops share the threads, exceptions arrive, and a forked child has threads of its own.
#include <gtest/gtest.h>
#include <sys/wait.h>  // waitpid
#include <unistd.h>    // fork

#include <atomic>
#include <chrono>
#include <mutex>
#include <new>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include <clipt/eval/parallel.hpp>
#include <clipt/eval/thread_buffer.hpp>
#include "why.hpp"

namespace {

using clipt::dim_t;
using clipt::on_cpu::parallel_for;
using clipt_test::why;

/// The threads that a body was called on; each call takes a while, so that all that may come do come.
struct threads_seen {
  std::set<std::thread::id> all;
  std::mutex lock;

  void note() {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    const std::lock_guard guard(lock);
    all.insert(std::this_thread::get_id());
  }
};

TEST(parallel, each_piece_once) {
  for (int threads : {0, 1, 2, 5, 16})
    for (dim_t count : {0, 1, 2, 7, 100, 12345}) {
      std::vector<int> visits(static_cast<std::size_t>(count));
      parallel_for(threads, count, [&](dim_t i) { ++visits[static_cast<std::size_t>(i)]; });
      for (int visit : visits) ASSERT_EQ(visit, 1);
    }
}

TEST(parallel, a_loop_inside_one_with_a_piece_for_each_thread_is_serial) {
  std::vector<int> visits(64);
  std::atomic<int> most = 0;
  parallel_for(4, 8, [&](dim_t i) {
    if (clipt::on_cpu::thread_count(4) > most) most = clipt::on_cpu::thread_count(4);
    parallel_for(4, 8, [&](dim_t j) { ++visits[static_cast<std::size_t>(8 * i + j)]; });
  });
  for (int visit : visits) ASSERT_EQ(visit, 1);
  ASSERT_EQ(most, 1);
}

TEST(parallel, a_loop_inside_one_with_fewer_pieces_uses_the_threads_that_are_left) {
  const auto all = static_cast<std::size_t>(clipt::on_cpu::thread_count(0));
  threads_seen inner;
  std::vector<int> visits(2 * 64);
  parallel_for(0, 2, [&](dim_t i) {
    parallel_for(0, 64, [&](dim_t j) {
      ++visits[static_cast<std::size_t>(64 * i + j)];
      inner.note();
    });
  });
  for (int visit : visits) ASSERT_EQ(visit, 1);
  EXPECT_EQ(inner.all.size(), all);

  threads_seen two;  // the setting holds for the loops inside, too
  parallel_for(2, 1, [&](dim_t) { parallel_for(2, 32, [&](dim_t) { two.note(); }); });
  EXPECT_EQ(two.all.size(), std::min<std::size_t>(all, 2));
}

TEST(parallel, loops_three_deep_end) {
  std::atomic<int> total = 0;
  for (int round = 0; round < 200; ++round)
    parallel_for(0, 2, [&](dim_t) { parallel_for(0, 2, [&](dim_t) { parallel_for(0, 5, [&](dim_t) { ++total; }); }); });
  EXPECT_EQ(total, 200 * 20);
}

TEST(parallel, more_numbers_than_a_pool_takes_pieces) {
  const dim_t count = 3 * clipt::on_cpu::thread_pool::most_pieces + 7;
  std::vector<std::uint8_t> visits(static_cast<std::size_t>(count));
  parallel_for(0, count, [&](dim_t i) { ++visits[static_cast<std::size_t>(i)]; });
  EXPECT_EQ(std::count(visits.begin(), visits.end(), 1), count);
}

/// The exit status of a child that calls `f` and ends by exit(); -1 if it does not end within ten seconds.
template <class F>
int status_of_child(F f) {
  const pid_t child = fork();
  if (child == 0) std::exit(f());
  for (int i = 0; i < 1000; ++i) {
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child) return WIFEXITED(status) ? WEXITSTATUS(status) : -2;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return -1;
}

int threads_of_a_loop() {
  threads_seen seen;
  parallel_for(0, 64, [&](dim_t) { seen.note(); });
  return static_cast<int>(seen.all.size());
}

TEST(parallel, a_forked_child_has_threads_and_ends) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "skipped: the run time of ThreadSanitizer starts no threads after a fork";
#endif
  const int all = threads_of_a_loop();
  EXPECT_EQ(status_of_child([] { return 0; }), 0) << "a child without a loop";
  EXPECT_EQ(status_of_child(threads_of_a_loop), all);
  EXPECT_EQ(status_of_child([] { return status_of_child(threads_of_a_loop); }), all) << "a child's child";
  EXPECT_EQ(threads_of_a_loop(), all) << "the parent goes on";
}

TEST(parallel, the_number_of_threads_is_a_number) {
  using clipt::on_cpu::threads_wanted;
  for (const char* text : {"two", "-4", "8x", " 8", "1e3", "4097", "99999999999999999999", "0x8", "2.5"})
    EXPECT_EQ(why([&] { threads_wanted(text); }),
              std::string("clipt: CLIPT_THREADS=") + text +
                  ": the number of threads is a whole number from 1 to 4096: set it to one, or unset it");
  EXPECT_EQ(threads_wanted("1"), 1);
  EXPECT_EQ(threads_wanted("4096"), 4096);
  EXPECT_GE(threads_wanted(nullptr), 1);
  EXPECT_EQ(threads_wanted(""), threads_wanted(nullptr));
  EXPECT_EQ(threads_wanted("0"), threads_wanted(nullptr));
}

TEST(parallel, a_buffer_that_could_not_grow_is_there_again_when_asked_for_less) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "skipped: a sanitizer ends the program where memory is refused";
#endif
  struct purpose;
  using clipt::on_cpu::thread_buffer;
  thread_buffer<purpose, float>(1000);
  EXPECT_THROW((thread_buffer<purpose, float>(dim_t{1} << 55)), std::bad_alloc);
  EXPECT_THROW((thread_buffer<purpose, float>(dim_t{1} << 62)), clipt::shape_error);
  float* const again = thread_buffer<purpose, float>(1000);
  ASSERT_NE(again, nullptr);
  again[999] = 7;
  EXPECT_EQ((thread_buffer<purpose, float>(10)), again);
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
