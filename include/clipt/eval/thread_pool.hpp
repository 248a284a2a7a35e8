// The threads that share out the pieces of a parallel loop; they sleep between loops.
#pragma once
#include <atomic>              // atomic
#include <condition_variable>  // condition_variable
#include <cstdint>             // uint64_t
#include <cstdlib>             // getenv, atoi
#include <mutex>               // mutex
#include <thread>              // thread
#include <vector>              // vector

#include <clipt/core/dims.hpp>  // dim_t

namespace clipt::inline CLIPT_BUILD::on_cpu {

/// Workers that claim numbered pieces of one loop at a time, together with the thread that started it.
///
/// Nobody waits for a worker that has not begun: whoever comes claims the next piece, and the caller goes on as soon as
/// all claimed pieces are done. On a machine whose cores are taken by others the caller does the work alone, which a
/// barrier of all threads (OpenMP's) cannot: there a loop takes as long as the scheduler keeps one thread away.
class thread_pool {
 public:
  using piece_function = void (*)(void* loop, dim_t piece);

  /// The process's pool: as many threads as the machine has, or as CLIPT_THREADS says; the caller is one of them.
  static thread_pool& shared() {
    static thread_pool pool(threads_wanted() - 1);
    return pool;
  }

  explicit thread_pool(int workers) {
    for (int i = 0; i < workers; ++i) workers_.emplace_back([this, i] { work(i); });
  }
  ~thread_pool() {
    {
      const std::lock_guard lock(sleep_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (auto& worker : workers_) worker.join();
  }
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls `f(loop, piece)` for each piece in [0, count) on at most `threads` threads, this one included.
  void run(piece_function f, void* loop, dim_t count, int threads) {
    const std::unique_lock alone(loops_, std::try_to_lock);
    if (!alone.owns_lock()) {  // another thread's loop has the workers
      for (dim_t i = 0; i < count; ++i) f(loop, i);
      return;
    }
    const std::uint32_t round = open_round(f, loop, count, threads - 1);
    wake_.notify_all();
    claim(round);
    for (int spins = 0; done_.load(std::memory_order_acquire) != count; ++spins)
      if (spins > spin_limit) std::this_thread::yield();
  }

 private:
  // `next_` holds the round above and the next piece below. A piece is claimed by exchanging `next_` for the one after
  // it, which fails if anything happened since it was read. The fields of a loop are written while its round is closed,
  // with release: whoever reads one of them and had read the round before cannot claim any more.
  static constexpr int round_shift = 32;
  static constexpr std::uint64_t piece_mask = 0xffffffffu, closed = piece_mask;
  static constexpr int spin_limit = 4000;

  static int threads_wanted() {
    const char* text = std::getenv("CLIPT_THREADS");
    const int wanted = text != nullptr ? std::atoi(text) : static_cast<int>(std::thread::hardware_concurrency());
    return wanted > 0 ? wanted : 1;
  }

  std::uint32_t open_round(piece_function f, void* loop, dim_t count, int helpers) {
    const std::lock_guard lock(sleep_);
    const std::uint32_t round = ++round_;  // wraps around after 2^32 loops; only neighbours must differ
    const std::uint64_t above = static_cast<std::uint64_t>(round) << round_shift;
    next_.store(above | closed);
    function_.store(f, std::memory_order_release);
    loop_.store(loop, std::memory_order_release);
    count_.store(count, std::memory_order_release);
    helpers_.store(helpers, std::memory_order_relaxed);
    done_.store(0, std::memory_order_relaxed);
    next_.store(above, std::memory_order_release);
    return round;
  }

  void claim(std::uint32_t round) {
    std::uint64_t seen = next_.load(std::memory_order_acquire);
    while (seen >> round_shift == round) {
      if ((seen & piece_mask) == closed) {  // about to open
        seen = next_.load(std::memory_order_acquire);
        continue;
      }
      const auto piece = static_cast<dim_t>(seen & piece_mask);
      const auto f = function_.load(std::memory_order_acquire);
      void* loop = loop_.load(std::memory_order_acquire);
      if (piece >= count_.load(std::memory_order_acquire)) return;
      if (!next_.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel)) continue;
      f(loop, piece);
      done_.fetch_add(1, std::memory_order_release);
      seen = next_.load(std::memory_order_acquire);
    }
  }

  void work(int number) {
    std::uint32_t last = 0;
    for (;;) {
      // A step is hundreds of loops in a row: a short look for the next one is cheaper than falling asleep.
      for (int spins = 0; spins < spin_limit && next_.load(std::memory_order_relaxed) >> round_shift == last; ++spins) {
      }
      auto round = static_cast<std::uint32_t>(next_.load(std::memory_order_acquire) >> round_shift);
      if (round == last) {
        std::unique_lock lock(sleep_);
        wake_.wait(lock, [&] { return stopping_ || round_ != last; });
        if (stopping_) return;
        round = round_;
      }
      last = round;
      if (number < helpers_.load(std::memory_order_relaxed)) claim(round);
    }
  }

  std::atomic<piece_function> function_{nullptr};
  std::atomic<void*> loop_{nullptr};
  std::atomic<dim_t> count_{0};
  std::atomic<int> helpers_{0};
  std::atomic<std::uint64_t> next_{0};
  std::atomic<dim_t> done_{0};
  std::mutex loops_, sleep_;
  std::condition_variable wake_;
  std::uint32_t round_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace clipt::inline CLIPT_BUILD::on_cpu
