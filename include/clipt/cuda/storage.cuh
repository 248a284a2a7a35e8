// storage<T, gpu>: an owning, zero-initialised buffer of a GPU; arenas, pools, tensors and parameters lie on it.
#pragma once
#include <memory>       // shared_ptr
#include <type_traits>  // is_trivially_copyable_v
#include <utility>      // swap

#include <clipt/cuda/runtime.cuh>    // allocate, release, copy_bytes
#include <clipt/memory/storage.hpp>  // storage

namespace clipt::inline CLIPT_BUILD {

template <class T>
class storage<T, gpu> {
  static_assert(std::is_trivially_copyable_v<T>, "clipt::storage: elements must be trivially copyable");

 public:
  storage() = default;

  /// Zeroed elements; `device_error` when the GPU has no room for them.
  explicit storage(dim_t count) : count_(count) {
    if (count > 0) data_ = static_cast<T*>(on_cuda::allocate(bytes()));
  }

  /// Copies the elements within the GPU, after everything that was given to it.
  storage(const storage& other) : storage(other.count_) { assign(other); }
  storage(storage&& other) noexcept { swap(other); }
  storage& operator=(storage other) noexcept {
    swap(other);
    return *this;
  }
  ~storage() {
    if (data_ != nullptr) on_cuda::release(data_);
  }

  /// Takes over the elements of another one with as many; the memory stays, for all who look at it.
  void assign(const storage& other) {
    if (count_ == 0 || data_ == other.data_) return;
    on_cuda::synchronize_all();
    on_cuda::copy_bytes({}, other.data_, data_, bytes(), true);
  }

  /// Nobody shares the memory of a GPU, and no view of it is checked.
  std::shared_ptr<const void> owner() const { return nullptr; }
  lifetime_stamp stamp() const { return {}; }

  T* data() { return data_; }
  const T* data() const { return data_; }
  dim_t size() const { return count_; }

 private:
  std::size_t bytes() const { return static_cast<std::size_t>(count_) * sizeof(T); }

  void swap(storage& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
  }

  T* data_ = nullptr;
  dim_t count_ = 0;
};

}  // namespace clipt::inline CLIPT_BUILD
