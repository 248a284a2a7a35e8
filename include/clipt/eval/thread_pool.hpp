// The threads that share out the pieces of parallel loops; they sleep between loops.
#pragma once
#include <pthread.h>           // pthread_atfork
#include <array>               // array
#include <atomic>              // atomic
#include <charconv>            // from_chars
#include <condition_variable>  // condition_variable
#include <cstdint>             // uint32_t, uint64_t
#include <cstdlib>             // getenv
#include <mutex>               // mutex
#include <string>              // string
#include <system_error>        // system_error
#include <thread>              // thread
#include <vector>              // vector

#include <clipt/core/dims.hpp>   // dim_t
#include <clipt/core/error.hpp>  // error

namespace clipt::inline CLIPT_BUILD::on_cpu {

/// The number of threads that the text of CLIPT_THREADS asks for; nothing and 0 mean all that the machine has.
inline int threads_wanted(const char* text) {
  constexpr int most = 4096;
  int wanted = 0;
  const std::string given = text == nullptr ? "" : text;
  if (!given.empty()) {
    const char* const end = given.data() + given.size();
    const auto read = std::from_chars(given.data(), end, wanted);
    if (read.ec != std::errc() || read.ptr != end || wanted < 0 || wanted > most)
      throw error("clipt: CLIPT_THREADS=" + given +
                  ": the number of threads is a whole number from 1 to 4096: set it to one, or unset it");
  }
  if (wanted == 0) wanted = static_cast<int>(std::thread::hardware_concurrency());
  return wanted > 0 ? wanted : 1;
}

/// Workers that claim numbered pieces of loops, together with the threads that started the loops.
///
/// Nobody waits for a worker that has not begun: whoever comes claims the next piece, and the caller goes on as soon as
/// all claimed pieces are done. On a machine whose cores are taken by others the caller does the work alone, which a
/// barrier of all threads (OpenMP's) cannot: there a loop takes as long as the scheduler keeps one thread away.
class thread_pool {
 public:
  using piece_function = void (*)(void* loop, dim_t piece);
  static constexpr dim_t most_pieces = dim_t{1} << 20;  // of one loop

  /// The process's pool: as many threads as the machine has, or as CLIPT_THREADS says; the caller is one of them.
  /// A forked child, which has none of its parent's threads, gets a pool of its own.
  static thread_pool& shared() {
    static process_pool owner;
    thread_pool* pool = owner.pool.load(std::memory_order_acquire);
    if (pool == nullptr) {
      auto* made = new thread_pool(threads_wanted(std::getenv("CLIPT_THREADS")) - 1);
      if (owner.pool.compare_exchange_strong(pool, made)) return *made;
      delete made;  // another thread was faster
    }
    return *pool;
  }

  /// At most so many workers: fewer where the system gives no more threads.
  explicit thread_pool(int workers) {
    try {
      for (int i = 0; i < workers; ++i) workers_.emplace_back([this, i] { work(i); });
    } catch (const std::system_error&) {
    }
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

  /// Calls `f(body, piece)` for each piece in [0, count), at most `most_pieces`, on at most `threads` threads, this one
  /// included. Loops of several threads, and loops inside of pieces, share the workers.
  void run(piece_function f, void* body, dim_t count, int threads) {
    open_loop* const loop = free_place();
    if (loop == nullptr) {  // as many loops as there are places
      for (dim_t i = 0; i < count; ++i) f(body, i);
      return;
    }
    open(*loop, f, body, count, threads - 1);
    wake_.notify_all();
    claim(*loop, loop->round, -1);
    for (int spins = 0; loop->done.load(std::memory_order_acquire) != count; ++spins)
      if (spins > spin_limit) std::this_thread::yield();
    loop->taken.store(false, std::memory_order_release);
  }

 private:
  // `next` holds the round above and the next piece below. A piece is claimed by exchanging `next` for the one after it,
  // which fails if anything happened since it was read. The fields of a loop are written while its round is closed, with
  // release: whoever reads one of them and had read the round before cannot claim any more.
  struct alignas(64) open_loop {
    std::atomic<bool> taken{false};
    std::uint32_t round = 0;  // wraps around after 2^32 loops; only neighbours must differ
    std::atomic<std::uint64_t> next{0};
    std::atomic<piece_function> function{nullptr};
    std::atomic<void*> body{nullptr};
    std::atomic<dim_t> count{0};
    std::atomic<int> helpers{0};
    std::atomic<dim_t> done{0};
  };
  static constexpr int places = 16;
  static constexpr int round_shift = 32;
  static constexpr std::uint64_t piece_mask = 0xffffffffu, closed = piece_mask;
  static constexpr int spin_limit = 4000;

  /// Begun by the first loop of a process; the pool of a parent lies where it lay, as its threads cannot be joined.
  struct process_pool {
    std::atomic<thread_pool*> pool{nullptr};
    thread_pool* left_behind = nullptr;

    process_pool() {
      static process_pool* self;
      self = this;
      pthread_atfork(nullptr, nullptr, [] {
        thread_pool* const of_parent = self->pool.exchange(nullptr);
        if (of_parent == nullptr) return;
        of_parent->before_ = self->left_behind;
        self->left_behind = of_parent;
      });
    }
    ~process_pool() { delete pool.exchange(nullptr); }
  };

  open_loop* free_place() {
    for (open_loop& loop : loops_)
      if (!loop.taken.load(std::memory_order_relaxed) && !loop.taken.exchange(true, std::memory_order_acquire))
        return &loop;
    return nullptr;
  }

  void open(open_loop& loop, piece_function f, void* body, dim_t count, int helpers) {
    const std::uint64_t above = static_cast<std::uint64_t>(++loop.round) << round_shift;
    loop.next.store(above | closed);
    loop.function.store(f, std::memory_order_release);
    loop.body.store(body, std::memory_order_release);
    loop.count.store(count, std::memory_order_release);
    loop.helpers.store(helpers, std::memory_order_release);
    loop.done.store(0, std::memory_order_relaxed);
    loop.next.store(above, std::memory_order_release);
    const std::lock_guard lock(sleep_);
    opened_.fetch_add(1, std::memory_order_release);
  }

  /// Works on a loop; `number` is the worker's, -1 the caller's.
  static void claim(open_loop& loop, std::uint32_t round, int number) {
    std::uint64_t seen = loop.next.load(std::memory_order_acquire);
    while (seen >> round_shift == round) {
      if ((seen & piece_mask) == closed) {  // about to open
        seen = loop.next.load(std::memory_order_acquire);
        continue;
      }
      const auto piece = static_cast<dim_t>(seen & piece_mask);
      const auto f = loop.function.load(std::memory_order_acquire);
      void* const body = loop.body.load(std::memory_order_acquire);
      if (number >= loop.helpers.load(std::memory_order_acquire)) return;
      if (piece >= loop.count.load(std::memory_order_acquire)) return;
      if (!loop.next.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel)) continue;
      f(body, piece);
      loop.done.fetch_add(1, std::memory_order_release);
      seen = loop.next.load(std::memory_order_acquire);
    }
  }

  void work(int number) {
    std::array<std::uint32_t, places> last{};
    std::uint32_t seen = 0;
    for (;;) {
      // A step is hundreds of loops in a row: a short look for the next one is cheaper than falling asleep.
      for (int spins = 0; spins < spin_limit && opened_.load(std::memory_order_relaxed) == seen; ++spins) {
      }
      if (opened_.load(std::memory_order_acquire) == seen) {
        std::unique_lock lock(sleep_);
        wake_.wait(lock, [&] { return stopping_ || opened_.load(std::memory_order_relaxed) != seen; });
        if (stopping_) return;
      }
      seen = opened_.load(std::memory_order_acquire);
      for (std::size_t place = 0; place < places; ++place) {
        const auto round =
            static_cast<std::uint32_t>(loops_[place].next.load(std::memory_order_acquire) >> round_shift);
        if (round == last[place]) continue;
        last[place] = round;
        claim(loops_[place], round, number);
      }
    }
  }

  std::array<open_loop, places> loops_;
  std::atomic<std::uint32_t> opened_{0};  // counts loops; changed while `sleep_` is locked
  std::mutex sleep_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::vector<std::thread> workers_;
  thread_pool* before_ = nullptr;  // in a forked child: the pool of the parent's parent
};

}  // namespace clipt::inline CLIPT_BUILD::on_cpu
