// The emulated CUDA runtime: memory that only kernels and copies may touch, each allocation between guard pages.
//
// Whatever reads or writes elsewhere, and a host that follows a pointer of the GPU, ends the program with a sentence.
#pragma once
#include <sys/mman.h>  // mmap, mprotect, memfd_create
#include <unistd.h>    // write

#include <csignal>  // sigaction
#include <cstdio>   // snprintf
#include <cstdlib>  // abort
#include <cstring>  // memmove
#include <map>      // map
#include <string>   // string

#include <clipt/core/error.hpp>  // device_error

namespace clipt::inline CLIPT_BUILD::on_cuda {

struct stream_type {};

namespace emulator {

/// What a kernel's fiber is, for messages; -1 outside of kernels.
inline long current_block = -1;
inline int current_thread = -1;
/// In the place of a thread's number: an algorithm of Thrust runs, which has none.
inline constexpr int in_algorithm = -2;

/// How often memory was asked for, and how often the host waited.
inline long allocations = 0, waits = 0;

/// In which order the fibers of a block take turns, the blocks of a grid, and the pieces of an algorithm's work.
enum class order_type { ascending, descending };
inline order_type order = order_type::ascending;

/// All memory of the emulated GPU. Nothing is ever given out twice, so that what was freed stays forbidden.
class memory {
 public:
  static memory& shared() {
    static memory only;
    return only;
  }

  void* allocate(std::size_t bytes) {
    const std::size_t rounded = (bytes + 15) / 16 * 16, pages = (rounded + page - 1) / page * page;
    if (top_ + pages + page > whole) throw device_error("emulated GPU: its memory is used up");
    char* const first = base_ + top_;
    top_ += pages + page;
    if (mprotect(first, pages, PROT_READ | PROT_WRITE) != 0) throw device_error("emulated GPU: mprotect failed");
    guard(first + pages, page);
    char* const data = first + pages - rounded;  // zeros by nature; it ends where the guard begins
    pieces_[data] = {first, pages};
    if (opened_ == 0) mprotect(first, pages, PROT_NONE);
    return data;
  }

  void release(void* data) {
    const auto piece = pieces_.find(data);
    if (piece == pieces_.end()) return;
    guard(piece->second.first, piece->second.bytes);
    pieces_.erase(piece);
  }

  void open() {
    if (opened_++ == 0) protect(PROT_READ | PROT_WRITE);
  }
  void close() {
    if (--opened_ == 0) protect(PROT_NONE);
  }

 private:
  struct piece_type {
    char* first;
    std::size_t bytes;
  };
  static constexpr std::size_t page = 4096, whole = std::size_t{1} << 34;

  memory() {
    void* const got = mmap(nullptr, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (got == MAP_FAILED) throw device_error("emulated GPU: mmap failed");
    base_ = static_cast<char*>(got) + page;
    nothing_ = memfd_create("guard", 0);
    struct sigaction action {};
    action.sa_sigaction = [](int, siginfo_t* info, void*) { complain(info->si_addr); };
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &action, nullptr);
    sigaction(SIGBUS, &action, nullptr);
  }

  /// Pages of an empty file: touching them is an error whatever their protection, so that one call can change that of
  /// all memory. At places in the file that follow each other, neighbours are one mapping, of which there may be few.
  void guard(char* at, std::size_t bytes) {
    const int kind = MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE;
    if (mmap(at, bytes, PROT_NONE, kind, nothing_, at - base_) == MAP_FAILED)
      throw device_error("emulated GPU: mmap failed");
  }

  void protect(int how) { mprotect(base_, top_, how); }

  [[noreturn]] static void complain(void* address) {
    char text[160];
    const int length =
        current_thread == in_algorithm
            ? std::snprintf(text, sizeof text,
                            "emulated GPU: an algorithm touched memory outside of all arrays at %p\n", address)
        : current_thread < 0
            ? std::snprintf(text, sizeof text, "emulated GPU: the host touched memory of the GPU at %p\n", address)
            : std::snprintf(text, sizeof text,
                            "emulated GPU: block %ld, thread %d touched memory outside of all arrays at %p\n",
                            current_block, current_thread, address);
    if (write(2, text, static_cast<std::size_t>(length)) < 0) std::_Exit(3);
    std::_Exit(3);
  }

  char* base_ = nullptr;
  int nothing_ = -1;  // an empty file
  std::size_t top_ = 0;
  int opened_ = 0;
  std::map<void*, piece_type> pieces_;
};

/// The memory of the GPU may be touched while this lives.
struct access {
  access() { memory::shared().open(); }
  ~access() { memory::shared().close(); }
  access(const access&) = delete;
};

}  // namespace emulator

inline int device_count() { return 1; }
inline void* allocate(std::size_t bytes) {
  ++emulator::allocations;
  return emulator::memory::shared().allocate(bytes);
}
inline void release(void* data) noexcept { emulator::memory::shared().release(data); }
inline void copy_bytes(stream_type, const void* from, void* to, std::size_t bytes, bool wait) {
  const emulator::access open;
  emulator::waits += wait;
  if (bytes == 0) return;
  const auto a = reinterpret_cast<std::uintptr_t>(from), b = reinterpret_cast<std::uintptr_t>(to);
  if (a < b + bytes && b < a + bytes) throw device_error("emulated GPU: a copy between places that overlap");
  std::memcpy(to, from, bytes);
}
inline void zero_bytes(stream_type, void* to, std::size_t bytes) {
  const emulator::access open;
  if (bytes > 0) std::memset(to, 0, bytes);
}
inline stream_type make_stream() { return {}; }
inline void destroy_stream(stream_type) noexcept {}
inline void synchronize(stream_type) { ++emulator::waits; }
inline void synchronize_all() { ++emulator::waits; }

}  // namespace clipt::inline CLIPT_BUILD::on_cuda
