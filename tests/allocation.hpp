// Counts heap allocations of the whole process, for the tests that allow none; include it in one file of a program.
#pragma once
#include <atomic>   // atomic
#include <cerrno>   // ENOMEM
#include <cstddef>  // size_t
#include <cstdlib>  // malloc, free
#include <new>      // bad_alloc, align_val_t

#if defined(__x86_64__)
#include <immintrin.h>  // before what is defined here: clang's declares posix_memalign without noexcept
#endif

// With glibc malloc itself is replaced, which sees Eigen's and C libraries' allocations as well as operator new's.
// Sanitizers need their own malloc, and elsewhere there is no name for the original: there only operator new counts.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CLIPT_TEST_COUNTS_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CLIPT_TEST_COUNTS_MALLOC 0
#endif
#endif
#ifndef CLIPT_TEST_COUNTS_MALLOC
#ifdef __GLIBC__
#define CLIPT_TEST_COUNTS_MALLOC 1
#else
#define CLIPT_TEST_COUNTS_MALLOC 0
#endif
#endif

namespace clipt_test {

namespace detail {
inline std::atomic<std::size_t> allocations{0};
inline std::atomic<std::size_t> allocated_bytes{0};
inline void note(std::size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  allocated_bytes.fetch_add(bytes, std::memory_order_relaxed);
}
}  // namespace detail

/// What all threads have allocated since it was made (or since `restart`).
///
/// `allocation_counter counter; step(); EXPECT_EQ(counter.count(), 0u);` Let one step run before: libgomp and
/// streams allocate at first use.
class allocation_counter {
 public:
  allocation_counter() { restart(); }

  void restart() {
    bytes_ = detail::allocated_bytes.load();
    count_ = detail::allocations.load();
  }
  /// Calls of malloc, calloc, realloc, aligned_alloc and the like; frees do not count.
  std::size_t count() const { return detail::allocations.load() - count_; }
  std::size_t bytes() const { return detail::allocated_bytes.load() - bytes_; }

 private:
  std::size_t count_ = 0, bytes_ = 0;
};

}  // namespace clipt_test

#if CLIPT_TEST_COUNTS_MALLOC

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) noexcept {
  clipt_test::detail::note(size);
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  clipt_test::detail::note(count * size);
  return __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) noexcept {
  clipt_test::detail::note(size);
  return __libc_realloc(old, size);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  clipt_test::detail::note(size);
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  clipt_test::detail::note(size);
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** result, std::size_t alignment, std::size_t size) noexcept {
  clipt_test::detail::note(size);
  *result = __libc_memalign(alignment, size);
  return *result == nullptr ? ENOMEM : 0;
}
}

#else

// Not inlined: g++ would see free() meet the result of operator new and warn.
[[gnu::noinline]] void* operator new(std::size_t size) {
  clipt_test::detail::note(size);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc{};
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  clipt_test::detail::note(size);
  const std::size_t to = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(to, (size + to - 1) / to * to)) return memory;
  throw std::bad_alloc{};
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new[](std::size_t size, std::align_val_t alignment) { return operator new(size, alignment); }
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

#endif
