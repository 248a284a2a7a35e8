// Numbers and words at places of a file in memory; what lies behind its end counts as 0.
#pragma once
#include <algorithm>    // equal, min
#include <cstddef>      // byte, size_t
#include <cstdint>      // int64_t
#include <span>         // span
#include <string_view>  // string_view

#include <clipt/core/config.hpp>  // CLIPT_BUILD

namespace clipt::inline CLIPT_BUILD::detail {

/// The byte at a position, 0 behind the end.
inline int byte_at(std::span<const std::byte> bytes, std::size_t at) {
  return at < bytes.size() ? std::to_integer<int>(bytes[at]) : 0;
}

inline std::int64_t little_endian(std::span<const std::byte> bytes, std::size_t at, std::size_t count) {
  std::int64_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | byte_at(bytes, at + i);
  return value;
}

inline std::int64_t big_endian(std::span<const std::byte> bytes, std::size_t at, std::size_t count) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | byte_at(bytes, at + i);
  return value;
}

/// Bytes [at, at + count), as far as they exist.
inline std::span<const std::byte> part_of(std::span<const std::byte> bytes, std::size_t at, std::size_t count) {
  at = std::min(at, bytes.size());
  return bytes.subspan(at, std::min(count, bytes.size() - at));
}

inline bool starts_with(std::span<const std::byte> bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && std::equal(magic.begin(), magic.end(), bytes.begin(), [](char a, std::byte b) {
           return static_cast<unsigned char>(a) == std::to_integer<unsigned>(b);
         });
}

}  // namespace clipt::inline CLIPT_BUILD::detail
