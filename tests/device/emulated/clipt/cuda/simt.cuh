// The emulated GPU: a thread is a fiber, blocks run one after another, shared memory is watched.
//
// It finds: barriers that not all threads reach, shared memory that is read before it is written, outside of its
// bounds, or while another thread writes it (no barrier between), and (runtime.cuh) accesses outside of all arrays. It
// is one interleaving and no proof; `emulator::order` gives a second one.
#pragma once
#include <setjmp.h>    // _setjmp, _longjmp
#include <ucontext.h>  // makecontext, setcontext

#include <cstring>      // memcpy
#include <exception>    // exception_ptr
#include <memory>       // unique_ptr
#include <string>       // to_string
#include <type_traits>  // is_trivially_copyable_v
#include <vector>       // vector

#include <clipt/core/dims.hpp>     // dim_t
#include <clipt/cuda/counts.hpp>   // counted
#include <clipt/cuda/runtime.cuh>  // access

#ifndef __device__  // a toolkit whose Thrust is used has defined it, as nothing, too
#define __device__
#endif

namespace clipt::inline CLIPT_BUILD::on_cuda {

inline constexpr int warp_size = 32;

namespace emulator {

/// Who touched a byte of shared memory since the last barrier.
struct byte_state {
  int writer = -1, reader = -1;  // -2: several
  long written_at = -1, read_at = -1;
};

/// Where a fiber begins, and where it waits.
struct fiber_state {
  ucontext_t begin;
  jmp_buf waiting;
};

/// The block that runs now.
struct block_state {
  int threads = 0, thread = 0, arrived = 0, started = 0, finished = 0;
  dim_t block = 0, blocks = 0;
  long barriers = 0, progress = 0;
  struct warp_state {
    int arrived = 0;
    long meetings = 0;
    unsigned char values[warp_size][24];
  };
  std::vector<warp_state> warps;
  std::vector<unsigned char> shared;
  std::vector<byte_state> watched;
  std::exception_ptr failure;
  jmp_buf scheduler;
  std::vector<fiber_state> fibers;  // the first `made` of them are in use
  std::vector<bool> done;
  int fiber = 0, made = 0;
  const void* body = nullptr;
  void (*call)(const void*) = nullptr;
};
inline block_state* now = nullptr;

/// Lets the others run; the thread goes on in its own fiber.
inline void yield() {
  const int thread = now->thread;
  if (_setjmp(now->fibers[static_cast<std::size_t>(now->fiber)].waiting) == 0) _longjmp(now->scheduler, 1);
  now->thread = current_thread = thread;
}

/// Waits until `all` have called this with the same counters.
inline void meet(int& arrived, long& meetings, int all) {
  const long before = meetings;
  ++now->progress;
  if (++arrived == all) {
    arrived = 0;
    ++meetings;
  }
  while (meetings == before) yield();
}

inline void fail(const std::string& what) {
  throw device_error("emulated GPU: block " + std::to_string(now->block) + ", thread " + std::to_string(now->thread) +
                     ": " + what);
}

/// Runs threads one after another; once one of them waits, the fiber is that thread's, and another one takes the rest.
inline void fiber_main() {
  block_state& state = *now;
  const int fiber = state.fiber;
  while (state.started < state.threads && !state.failure) {
    const int i = state.started++;
    state.thread = current_thread = order == order_type::ascending ? i : state.threads - 1 - i;
    try {
      state.call(state.body);
    } catch (...) {
      if (!state.failure) state.failure = std::current_exception();
    }
    ++state.finished;
    ++state.progress;
  }
  state.done[static_cast<std::size_t>(fiber)] = true;
  _longjmp(state.scheduler, 1);
}

inline constexpr std::size_t stack_bytes = 64 << 10;

/// Stacks are kept for the next block.
inline char* stack(int fiber) {
  static std::vector<std::unique_ptr<char[]>> stacks;
  while (static_cast<int>(stacks.size()) <= fiber) stacks.emplace_back(new char[stack_bytes]);
  return stacks[static_cast<std::size_t>(fiber)].get();
}

/// Runs a fiber, from its begin or from where it waits, until it waits or ends. Jumps make no calls of the system,
/// which swapcontext does twice each time.
inline void resume(block_state& state, int fiber, bool begins) {
  state.fiber = fiber;
  fiber_state& next = state.fibers[static_cast<std::size_t>(fiber)];
  if (_setjmp(state.scheduler) == 0) {
    if (begins) setcontext(&next.begin);
    _longjmp(next.waiting, 1);
  }
  current_thread = -1;
}

inline void start_fiber(block_state& state) {
  ucontext_t& fiber = state.fibers[static_cast<std::size_t>(state.made)].begin;
  getcontext(&fiber);
  fiber.uc_stack.ss_sp = stack(state.made);
  fiber.uc_stack.ss_size = stack_bytes;
  fiber.uc_link = nullptr;  // it ends by a jump
  makecontext(&fiber, fiber_main, 0);
  resume(state, state.made++, true);
}

inline void run_fibers(block_state& state) {
  long seen = -1;
  while (state.finished < state.threads && !state.failure) {
    if (state.progress == seen)
      throw device_error("emulated GPU: block " + std::to_string(state.block) +
                         ": threads wait at a barrier or shuffle that others never reach");
    seen = state.progress;
    for (int fiber = 0; fiber < state.made && !state.failure; ++fiber)
      if (!state.done[static_cast<std::size_t>(fiber)]) resume(state, fiber, false);
    while (state.started < state.threads && !state.failure) start_fiber(state);
  }
  if (state.failure) std::rethrow_exception(state.failure);
}

inline void run_block(block_state& state, std::size_t shared_bytes) {
  const auto threads = static_cast<std::size_t>(state.threads);
  state.warps.assign(threads / warp_size, {});
  state.shared.assign(shared_bytes, 0xCD);
  state.watched.assign(shared_bytes, {});
  state.fibers.resize(threads);
  state.done.assign(threads, false);
  state.arrived = state.started = state.finished = state.made = 0;
  state.barriers = state.progress = 0;
  run_fibers(state);
}

}  // namespace emulator

inline int thread_index() { return emulator::now->thread; }
inline int block_size() { return emulator::now->threads; }
inline dim_t block_index() { return emulator::now->block; }
inline dim_t grid_size() { return emulator::now->blocks; }
inline void synchronize_block() {
  emulator::meet(emulator::now->arrived, emulator::now->barriers, emulator::now->threads);
}

template <class T>
T shuffle_xor(T value, int mask) {
  static_assert(sizeof(T) <= 8);
  auto& warp = emulator::now->warps[static_cast<std::size_t>(thread_index() / warp_size)];
  const int lane = thread_index() % warp_size;
  std::memcpy(warp.values[lane], &value, sizeof(T));
  emulator::meet(warp.arrived, warp.meetings, warp_size);
  std::memcpy(&value, warp.values[(lane ^ mask) % warp_size], sizeof(T));
  emulator::meet(warp.arrived, warp.meetings, warp_size);
  return value;
}

template <class T>
class shared_array {
 public:
  explicit shared_array(int count, int first_byte = 0) : first_(static_cast<std::size_t>(first_byte)), count_(count) {
    if (first_ % alignof(T) != 0) emulator::fail("an array in shared memory is not aligned as its elements are");
    if (first_ + static_cast<std::size_t>(count) * sizeof(T) > emulator::now->shared.size())
      emulator::fail("more shared memory is used than was launched with");
  }

  T get(int i) const {
    for_bytes(i, [&](emulator::byte_state& byte) {
      if (byte.writer == -1) emulator::fail("shared memory is read that nobody has written");
      if (byte.written_at == now() && byte.writer != thread_index())
        emulator::fail("shared memory is read that another thread wrote, with no barrier between");
      byte.reader = byte.read_at == now() && byte.reader != thread_index() ? -2 : thread_index();
      byte.read_at = now();
    });
    T value;
    std::memcpy(&value, emulator::now->shared.data() + at(i), sizeof(T));
    return value;
  }

  void set(int i, T value) const {
    for_bytes(i, [&](emulator::byte_state& byte) {
      if (byte.written_at == now() && byte.writer != thread_index())
        emulator::fail("two threads write one place of shared memory, with no barrier between");
      if (byte.read_at == now() && byte.reader != thread_index())
        emulator::fail("shared memory is written that another thread read, with no barrier between");
      byte.writer = thread_index();
      byte.written_at = now();
    });
    std::memcpy(emulator::now->shared.data() + at(i), &value, sizeof(T));
  }

 private:
  static long now() { return emulator::now->barriers; }

  template <class F>
  void for_bytes(int i, F f) const {
    if (i < 0 || i >= count_)
      emulator::fail("element " + std::to_string(i) + " of " + std::to_string(count_) + " in shared memory");
    for (std::size_t byte = 0; byte < sizeof(T); ++byte)
      f(emulator::now->watched[at(i) + byte]);
  }
  std::size_t at(int i) const { return first_ + static_cast<std::size_t>(i) * sizeof(T); }

  std::size_t first_;
  int count_;
};

template <class Body>
void launch(stream_type, dim_t blocks, int threads, int shared_bytes, const Body& body) {
  static_assert(std::is_trivially_copyable_v<Body>);
  static_assert(sizeof(Body) <= 4096, "a kernel's arguments");
  if (blocks <= 0) return;
  const int grid = counted("blocks of a kernel", blocks);
  if (threads % warp_size != 0 || threads > Body::threads || shared_bytes > 227 << 10)
    throw device_error("emulated GPU: a launch that a GPU would refuse, or with part of a warp");
  const emulator::access open;
  emulator::block_state state;
  state.threads = threads;
  state.blocks = grid;
  state.body = &body;
  state.call = [](const void* opaque) { (*static_cast<const Body*>(opaque))(); };
  struct running {
    explicit running(emulator::block_state* s) { emulator::now = s; }
    ~running() {
      emulator::now = nullptr;
      emulator::current_block = emulator::current_thread = -1;
    }
  } guard(&state);
  for (dim_t i = 0; i < blocks; ++i) {
    state.block = emulator::order == emulator::order_type::ascending ? i : blocks - 1 - i;
    emulator::current_block = state.block;
    emulator::run_block(state, static_cast<std::size_t>(shared_bytes));
  }
}

}  // namespace clipt::inline CLIPT_BUILD::on_cuda
