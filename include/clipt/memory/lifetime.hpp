// lifetime: until when memory holds what a view was made of; a debug build refuses views of later.
#pragma once
#include <string>  // string
#ifndef NDEBUG
#include <atomic>   // atomic
#include <cstdint>  // uint64_t
#include <mutex>    // mutex
#include <utility>  // swap
#include <vector>   // vector
#endif

#include <clipt/core/config.hpp>  // CLIPT_BUILD
#include <clipt/core/error.hpp>   // error

namespace clipt::inline CLIPT_BUILD {

#ifdef NDEBUG

class lifetime {
 public:
  explicit constexpr lifetime(const char*) {}
  constexpr void renew() {}
};

class lifetime_stamp {
 public:
  constexpr lifetime_stamp() = default;
  constexpr explicit lifetime_stamp(const lifetime&) {}
  constexpr lifetime_stamp and_of(const lifetime_stamp&) const { return {}; }
  constexpr void check(const char*) const {}
  CLIPT_HD constexpr void check_access() const {}
};

#else

namespace detail {

/// Counters that are never freed, so that a view of what is gone can still be asked: the least memory that can tell.
class lifetime_counters {
 public:
  using counter = std::atomic<std::uint64_t>;

  static counter* take() {
    auto& [lock, free] = all();
    const std::lock_guard guard(lock);
    if (free.empty()) return new counter(0);
    counter* const result = free.back();
    free.pop_back();
    return result;
  }
  static void give(counter* ended) {
    ++*ended;
    auto& [lock, free] = all();
    const std::lock_guard guard(lock);
    free.push_back(ended);
  }

 private:
  struct pool {
    std::mutex lock;
    std::vector<counter*> free;
  };
  static pool& all() {
    static pool* const counters = new pool;  // outlives every tensor, static ones too
    return *counters;
  }
};

}  // namespace detail

/// Belongs to memory and moves with it; `end` is what a message says of views that outlived it.
class lifetime {
 public:
  explicit lifetime(const char* end) : counter_(detail::lifetime_counters::take()), end_(end) {}
  lifetime(const lifetime& other) : lifetime(other.end_) {}
  lifetime& operator=(const lifetime&) = delete;
  ~lifetime() { detail::lifetime_counters::give(counter_); }

  /// The memory is used again for something else.
  void renew() { ++*counter_; }

  friend void swap(lifetime& a, lifetime& b) noexcept {
    std::swap(a.counter_, b.counter_);
    std::swap(a.end_, b.end_);
  }

 private:
  friend class lifetime_stamp;
  detail::lifetime_counters::counter* counter_;
  const char* end_;
};

/// What a view remembers of the lifetime in which it was made; trivially copyable.
class lifetime_stamp {
 public:
  constexpr lifetime_stamp() = default;
  explicit lifetime_stamp(const lifetime& of) : first_{of.counter_, *of.counter_, of.end_} {}

  /// That of a view of two memories, one of which may be in a stamp of two.
  lifetime_stamp and_of(const lifetime_stamp& other) const {
    lifetime_stamp both = *this;
    both.second_ = other.second_.counter != nullptr ? other.second_ : other.first_;
    return both;
  }
  void check(const char* op) const {
    for (const moment& m : {first_, second_})
      if (m.counter != nullptr && *m.counter != m.made)
        throw error(std::string("clipt::") + op + ": a view is used after " + m.end);
  }
  /// Of elements that are read or written one by one.
  CLIPT_HD void check_access() const {
#ifndef __CUDA_ARCH__
    check("view");
#endif
  }

 private:
  struct moment {
    const detail::lifetime_counters::counter* counter = nullptr;
    std::uint64_t made = 0;
    const char* end = nullptr;
  };
  moment first_, second_;
};

#endif

}  // namespace clipt::inline CLIPT_BUILD
