// arena: a bump allocator that holds one block of peak size after its first round, and then never allocates.
#pragma once
#include <algorithm>  // max
#include <cstddef>    // byte, size_t
#include <cstdint>    // SIZE_MAX
#include <new>        // bad_alloc
#include <string>     // to_string
#include <vector>     // vector

#include <clipt/core/error.hpp>       // error
#include <clipt/memory/lifetime.hpp>  // lifetime
#include <clipt/memory/storage.hpp>   // storage

namespace clipt::inline CLIPT_BUILD {

/// Memory that is taken piece by piece and given back all at once, or back to a mark.
///
/// A round (`take` ... `reset`) repeats its addresses once one block holds it all. Errors: `clipt::error` when a sealed
/// arena would have to grow.
template <class Device = cpu>
class arena {
 public:
  static constexpr std::size_t alignment = 64;

  struct mark_type {
    std::size_t block = 0, top = 0, used = 0;
  };

  /// `bytes` bytes, 64-byte aligned, uninitialised.
  void* take(std::size_t bytes) {
    if (bytes > SIZE_MAX / 2) throw std::bad_alloc();  // rounding up and adding must not wrap
    bytes = (bytes + alignment - 1) / alignment * alignment;
    const mark_type before = position_;
    while (position_.block < blocks_.size() && position_.top + bytes > capacity(position_.block)) next_block();
    if (position_.block == blocks_.size()) grow(bytes, before);
    std::byte* result = blocks_[position_.block].data() + position_.top;
    position_.top += bytes;
    position_.used += bytes;
    peak_ = std::max(peak_, position_.used);
    return result;
  }

  mark_type mark() const { return position_; }

  /// Gives back everything taken since `mark`.
  void release(const mark_type& mark) { position_ = mark; }

  /// Gives back everything; several blocks become one that holds the peak.
  void reset() {
    position_ = {};
    lifetime_.renew();
    if (blocks_.size() > 1) {
      blocks_.clear();
      blocks_.emplace_back(static_cast<dim_t>(peak_));
    }
  }

  /// From now on growth is an error: the sign of a step whose size changed.
  void seal() { sealed_ = true; }

  std::size_t peak() const { return peak_; }

  /// What views of this round remember.
  lifetime_stamp stamp() const { return lifetime_stamp(lifetime_); }

 private:
  static constexpr std::size_t first_block = std::size_t{1} << 20;

  std::size_t capacity(std::size_t block) const { return static_cast<std::size_t>(blocks_[block].size()); }

  void next_block() {
    position_.used += capacity(position_.block) - position_.top;
    ++position_.block;
    position_.top = 0;
  }

  void grow(std::size_t bytes, const mark_type& before) {
    if (sealed_) {
      position_ = before;
      throw error("clipt::arena: a sealed arena would have to grow by " + std::to_string(bytes) +
                  " bytes; seal it after a step of the largest size");
    }
    const std::size_t doubled = blocks_.empty() ? first_block : 2 * capacity(blocks_.size() - 1);
    blocks_.emplace_back(static_cast<dim_t>(std::max(doubled, bytes)));
  }

  std::vector<storage<std::byte, Device>> blocks_;
  mark_type position_;
  std::size_t peak_ = 0;
  [[no_unique_address]] lifetime lifetime_{"its context was reset: copy what must outlive a step"};
  bool sealed_ = false;
};

}  // namespace clipt::inline CLIPT_BUILD
