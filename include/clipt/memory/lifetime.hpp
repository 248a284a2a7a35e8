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
  constexpr void check(const char*) const {}
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
  explicit lifetime_stamp(const lifetime& of) : counter_(of.counter_), made_(*of.counter_), end_(of.end_) {}
  void check(const char* op) const {
    if (counter_ != nullptr && *counter_ != made_)
      throw error(std::string("clipt::") + op + ": a view is used after " + end_);
  }

 private:
  const detail::lifetime_counters::counter* counter_ = nullptr;
  std::uint64_t made_ = 0;
  const char* end_ = nullptr;
};

#endif

}  // namespace clipt::inline CLIPT_BUILD
