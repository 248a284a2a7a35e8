// SHA-256 as lower-case hexadecimal digits, for tests against recorded digests (FIPS 180-4).
#pragma once
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace clipt_test {

/// The first 32 bits behind the point of the root of each of the first 64 primes: the standard's constants.
inline std::array<std::uint32_t, 64> prime_roots(double (*root)(double)) {
  std::array<std::uint32_t, 64> out{};
  std::size_t found = 0;
  for (int candidate = 2; found < out.size(); ++candidate) {
    bool prime = true;
    for (int divisor = 2; divisor * divisor <= candidate; ++divisor) prime = prime && candidate % divisor != 0;
    const double value = root(candidate);
    if (prime) out[found++] = static_cast<std::uint32_t>((value - std::floor(value)) * 4294967296.0);
  }
  return out;
}

inline void sha256_block(const std::uint8_t* block, std::array<std::uint32_t, 8>& state) {
  static const auto constants = prime_roots([](double x) { return std::cbrt(x); });
  std::array<std::uint32_t, 64> w{};
  for (std::size_t i = 0; i < 64; ++i) {
    if (i < 16) {
      for (std::size_t b = 0; b < 4; ++b) w[i] = w[i] << 8 | block[4 * i + b];
      continue;
    }
    const std::uint32_t near = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ w[i - 2] >> 10;
    const std::uint32_t far = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
    w[i] = near + w[i - 7] + far + w[i - 16];
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint32_t choice = (e & f) ^ (~e & g);
    const std::uint32_t majority = (a & b) ^ (a & c) ^ (b & c);
    const std::uint32_t one =
        h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + choice + constants[i] + w[i];
    const std::uint32_t two = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + majority;
    h = g, g = f, f = e, e = d + one, d = c, c = b, b = a, a = one + two;
  }
  const std::array<std::uint32_t, 8> added{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < 8; ++i) state[i] += added[i];
}

inline std::string sha256(std::span<const std::uint8_t> bytes) {
  std::vector<std::uint8_t> padded(bytes.begin(), bytes.end());
  padded.push_back(0x80);
  while (padded.size() % 64 != 56) padded.push_back(0);
  for (int shift = 56; shift >= 0; shift -= 8) padded.push_back(static_cast<std::uint8_t>(bytes.size() * 8 >> shift));
  const auto roots = prime_roots([](double x) { return std::sqrt(x); });
  std::array<std::uint32_t, 8> state{};
  std::copy_n(roots.begin(), 8, state.begin());
  for (std::size_t at = 0; at < padded.size(); at += 64) sha256_block(padded.data() + at, state);
  std::string out;
  for (const std::uint32_t word : state) out += fmt::format("{:08x}", word);
  return out;
}

}  // namespace clipt_test
