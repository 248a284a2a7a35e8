// storage: an owning, zero-initialised, 64-byte aligned buffer of the host.
#pragma once
#include <cstddef>      // size_t
#include <cstdint>      // SIZE_MAX, uintptr_t
#include <cstdlib>      // calloc, free
#include <cstring>      // memcpy
#include <memory>       // shared_ptr
#include <new>          // bad_alloc
#include <string>       // to_string
#include <type_traits>  // is_trivially_copyable_v
#include <utility>      // exchange, swap

#include <clipt/core/device.hpp>      // cpu
#include <clipt/core/dims.hpp>        // dim_t
#include <clipt/core/error.hpp>       // shape_error
#include <clipt/memory/lifetime.hpp>  // lifetime

namespace clipt::inline CLIPT_BUILD {

/// The bytes of `count` elements; `shape_error` if the count is negative or above 2^59.
template <class T>
std::size_t byte_count(dim_t count) {
  if (count < 0 || count > most_elements)
    throw shape_error("clipt: " + std::to_string(count) + " elements: a number from 0 to 2^59 is needed");
  if (static_cast<std::size_t>(count) > (SIZE_MAX - 4096) / sizeof(T)) throw std::bad_alloc();  // where size_t is small
  return static_cast<std::size_t>(count) * sizeof(T);
}

namespace detail {

[[noreturn]] inline void refuse_memory(const std::string& what, dim_t count, std::size_t size) {
  throw memory_error(what + ": " + std::to_string(count) + " elements of " + std::to_string(size) + " bytes, " +
                     std::to_string(static_cast<std::size_t>(count) * size) +
                     " in all: the system has not that much memory");
}

}  // namespace detail

/// A buffer of `count` elements of T on a device; copying copies the elements. Other devices specialise it.
template <class T, class Device>
class storage;

template <class T>
class storage<T, cpu> {
  static_assert(std::is_trivially_copyable_v<T>, "clipt::storage: elements must be trivially copyable");

 public:
  storage() = default;

  /// Zeroed elements. Large buffers cost address space until they are touched.
  explicit storage(dim_t count) : count_(count) {
    const std::size_t bytes = byte_count<T>(count);
    if (bytes == 0) return;
    block_.reset(std::calloc(bytes + alignment, 1), std::free);
    if (block_ == nullptr) detail::refuse_memory("clipt", count, sizeof(T));
    const auto address = reinterpret_cast<std::uintptr_t>(block_.get());
    data_ = reinterpret_cast<T*>((address + alignment - 1) / alignment * alignment);
  }
  storage(const storage& other) : storage(other.count_) {
    if (count_ > 0) std::memcpy(data_, other.data_, byte_count<T>(count_));
  }
  storage(storage&& other) noexcept { swap(other); }
  storage& operator=(storage other) noexcept {
    swap(other);
    return *this;
  }

  /// Takes over the elements of another one with as many; the memory stays, for all who look at it.
  void assign(const storage& other) noexcept {
    if (count_ > 0 && data_ != other.data_) std::memcpy(data_, other.data_, byte_count<T>(count_));
  }

  /// Shares the memory, which lives as long as one of its owners.
  std::shared_ptr<const void> owner() const { return block_; }

  /// What views of these elements remember.
  lifetime_stamp stamp() const { return lifetime_stamp(lifetime_); }

  T* data() { return data_; }
  const T* data() const { return data_; }
  dim_t size() const { return count_; }

 private:
  static constexpr std::size_t alignment = 64;

  void swap(storage& other) noexcept {
    using std::swap;
    swap(lifetime_, other.lifetime_);
    swap(block_, other.block_);
    swap(data_, other.data_);
    swap(count_, other.count_);
  }

  std::shared_ptr<void> block_;
  T* data_ = nullptr;
  dim_t count_ = 0;
  [[no_unique_address]] lifetime lifetime_{"its tensor is gone: keep the tensor until the backward has run"};
};

}  // namespace clipt::inline CLIPT_BUILD
