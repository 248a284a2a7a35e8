// Counter-based random numbers: every number is a pure function of (seed, stream, step, element).
#pragma once
#include <array>    // array
#include <cmath>    // log, cos, sqrt
#include <cstdint>  // uint32_t, uint64_t

#include <clipt/core/config.hpp>  // CLIPT_HD

namespace clipt::inline CLIPT_BUILD {

/// Philox-4x32-10: four random words from a 128-bit counter and a 64-bit key.
///
/// Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
CLIPT_HD constexpr std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::uint64_t key) {
  std::uint32_t key_low = static_cast<std::uint32_t>(key);
  std::uint32_t key_high = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = 0xD2511F53ull * counter[0];
    const std::uint64_t p1 = 0xCD9E8D57ull * counter[2];
    counter = {static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ key_low, static_cast<std::uint32_t>(p1),
               static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ key_high, static_cast<std::uint32_t>(p0)};
    key_low += 0x9E3779B9u;
    key_high += 0xBB67AE85u;
  }
  return counter;
}

/// One independent sequence of random numbers: the key is the seed, the counter is (element, stream, step).
///
/// Streams keep purposes apart (initialisation of one parameter, dropout of one layer, augmentation of one
/// sample); steps keep repetitions apart. Nothing is advanced: the same arguments give the same number.
struct random_stream {
  std::uint64_t seed = 0;
  std::uint32_t stream = 0;
  std::uint32_t step = 0;

  /// 32 random bits of `element`.
  CLIPT_HD constexpr std::uint32_t bits(std::uint64_t element) const { return block(element / 4)[element % 4]; }

  /// Uniform in [0, 1), a multiple of 2^-24.
  CLIPT_HD constexpr float uniform(std::uint64_t element) const {
    return static_cast<float>(bits(element) >> 8) * 0x1p-24f;
  }

  /// Uniform in [low, high).
  CLIPT_HD constexpr float uniform(std::uint64_t element, float low, float high) const {
    return low + (high - low) * uniform(element);
  }

  /// A whole number in [0, count); its bias is below count / 2^32.
  CLIPT_HD constexpr std::uint32_t below(std::uint64_t element, std::uint32_t count) const {
    return static_cast<std::uint32_t>((static_cast<std::uint64_t>(bits(element)) * count) >> 32);
  }

  /// Standard normal by Box and Muller, from the two words 2 * element and 2 * element + 1.
  float normal(std::uint64_t element) const {
    const double radius = std::sqrt(-2.0 * std::log((bits(2 * element) + 1.0) * 0x1p-32));
    return static_cast<float>(radius * std::cos(6.283185307179586 * bits(2 * element + 1) * 0x1p-32));
  }

  /// The four words that elements 4 * index to 4 * index + 3 share.
  CLIPT_HD constexpr std::array<std::uint32_t, 4> block(std::uint64_t index) const {
    return philox({static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32), stream, step}, seed);
  }
};

}  // namespace clipt::inline CLIPT_BUILD
