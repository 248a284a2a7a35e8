// Ids of symbols by the hash of what they stand for.
#pragma once
#include <cstddef>      // size_t
#include <cstdint>      // int32_t
#include <cstring>      // memcpy
#include <string_view>  // string_view
#include <vector>       // vector

#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD::detail {

inline std::uint64_t mix(std::uint64_t h) {
  h *= 0x9E3779B97F4A7C15u;
  return h ^ (h >> 32);
}

inline std::uint64_t hash_bytes(std::string_view bytes, bool end) {
  std::uint64_t h = bytes.size() * 2 + (end ? 1 : 0);
  const char* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; p += 8, left -= 8) {
    std::uint64_t eight;
    std::memcpy(&eight, p, 8);
    h = mix(h ^ eight);
  }
  std::uint64_t tail = 0;
  for (; left > 0; --left) tail = tail << 8 | static_cast<std::uint8_t>(*p++);
  return mix(h ^ tail);
}

/// A set of ids whose meanings lie elsewhere: open addressing, at most half full. Nothing is removed.
class id_table {
 public:
  /// The id with this hash for which `same` holds, -1 if there is none.
  template <class Same>
  std::int32_t find(std::uint64_t hash, const Same& same) const {
    for (std::size_t at = place_of(hash);; at = behind(at)) {
      const slot& s = slots_[at];
      if (s.id < 0) return -1;
      if (s.tag == tag_of(hash) && same(s.id)) return s.id;
    }
  }

  /// Adds an id that is not there yet; `hash_of` gives the hash of any id, for a table that has to grow.
  template <class HashOf>
  void add(std::int32_t id, const HashOf& hash_of) {
    if (++size_ * 2 > slots_.size()) {
      std::vector<slot> old(slots_.size() * 2);
      old.swap(slots_);
      for (const slot& s : old)
        if (s.id >= 0) put(s.id, hash_of(s.id));
    }
    put(id, hash_of(id));
  }

 private:
  struct slot {
    std::uint32_t tag = 0;  // the upper half of the hash, of which the lower one says the place
    std::int32_t id = -1;
  };

  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }
  std::size_t place_of(std::uint64_t hash) const { return hash & (slots_.size() - 1); }
  std::size_t behind(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }

  void put(std::int32_t id, std::uint64_t hash) {
    std::size_t at = place_of(hash);
    while (slots_[at].id >= 0) at = behind(at);
    slots_[at] = {tag_of(hash), id};
  }

  std::vector<slot> slots_ = std::vector<slot>(2048);
  std::size_t size_ = 0;
};

}  // namespace clipt::inline CLIPT_BUILD::detail
