// pool: buffers that are given back one by one; the gradients of intermediate results live here.
#pragma once
#include <algorithm>  // find_if, lower_bound
#include <cstddef>    // byte, size_t
#include <string>     // to_string
#include <vector>     // vector

#include <clipt/core/error.hpp>      // error
#include <clipt/memory/storage.hpp>  // storage

namespace clipt::inline CLIPT_BUILD {

/// First fit over an address-ordered list of free chunks. The same requests in the same order give the same addresses.
///
/// Like an arena it holds one block of peak size after its first round; errors: `clipt::error` when a sealed pool would
/// have to grow.
template <class Device = cpu>
class pool {
 public:
  static constexpr std::size_t alignment = 64;

  void* take(std::size_t bytes) {
    bytes = rounded(bytes);
    auto chunk = std::find_if(free_.begin(), free_.end(), [&](const chunk_type& c) { return c.bytes >= bytes; });
    if (chunk == free_.end()) {
      grow(bytes);
      return take(bytes);
    }
    std::byte* result = chunk->data;
    chunk->data += bytes;
    chunk->bytes -= bytes;
    if (chunk->bytes == 0) free_.erase(chunk);
    return result;
  }

  void give(void* data, std::size_t bytes) {
    chunk_type chunk{static_cast<std::byte*>(data), rounded(bytes)};
    auto next = std::lower_bound(free_.begin(), free_.end(), chunk.data,
                                 [](const chunk_type& c, std::byte* p) { return c.data < p; });
    if (next != free_.end() && chunk.data + chunk.bytes == next->data) {
      chunk.bytes += next->bytes;
      next = free_.erase(next);
    }
    if (next != free_.begin() && (next - 1)->data + (next - 1)->bytes == chunk.data) {
      (next - 1)->bytes += chunk.bytes;
    } else {
      free_.insert(next, chunk);
    }
  }

  /// Takes everything back, buffers still in use too; several blocks become one that holds them all.
  void reset() {
    std::size_t total = 0;
    for (const auto& block : blocks_) total += static_cast<std::size_t>(block.size());
    if (blocks_.size() > 1) {
      blocks_.clear();
      blocks_.emplace_back(static_cast<dim_t>(total));
    }
    free_.clear();
    if (!blocks_.empty()) free_.push_back({blocks_.front().data(), total});
  }

  void seal() { sealed_ = true; }

  std::size_t capacity() const {
    std::size_t total = 0;
    for (const auto& block : blocks_) total += static_cast<std::size_t>(block.size());
    return total;
  }

 private:
  struct chunk_type {
    std::byte* data;
    std::size_t bytes;
  };

  static std::size_t rounded(std::size_t bytes) {
    return (std::max(bytes, alignment) + alignment - 1) / alignment * alignment;
  }

  void grow(std::size_t bytes) {
    if (sealed_)
      throw error("clipt::pool: a sealed pool would have to grow by " + std::to_string(bytes) +
                  " bytes; seal it after a step of the largest size");
    // Half of what is held already: a pool that grows by doubling would keep twice its peak.
    blocks_.emplace_back(static_cast<dim_t>(rounded(std::max({bytes, capacity() / 2, std::size_t{1} << 20}))));
    free_.reserve(1024);
    give(blocks_.back().data(), static_cast<std::size_t>(blocks_.back().size()));
  }

  std::vector<storage<std::byte, Device>> blocks_;
  std::vector<chunk_type> free_;
  bool sealed_ = false;
};

}  // namespace clipt::inline CLIPT_BUILD
