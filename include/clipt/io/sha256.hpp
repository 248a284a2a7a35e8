// SHA-256: whether a file is the one that was published. Source: FIPS 180-4.
#pragma once
#include <algorithm>   // copy, copy_n
#include <array>       // array
#include <bit>         // rotr
#include <cmath>       // cbrt, floor, sqrt
#include <cstddef>     // byte
#include <cstdint>     // uint32_t
#include <filesystem>  // path
#include <functional>  // function
#include <span>        // span
#include <string>      // string

#include <fmt/format.h>  // format

#include <clipt/io/file.hpp>  // mapped_file

namespace clipt::inline CLIPT_BUILD {

namespace detail {

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

inline void sha256_block(std::span<const std::byte> block, std::array<std::uint32_t, 8>& state) {
  static const auto constants = prime_roots([](double x) { return std::cbrt(x); });
  std::array<std::uint32_t, 64> w{};
  for (std::size_t i = 0; i < 64; ++i) {
    if (i < 16) {
      for (std::size_t b = 0; b < 4; ++b) w[i] = w[i] << 8 | std::to_integer<std::uint32_t>(block[4 * i + b]);
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

}  // namespace detail

/// The digest of bytes in 64 lower-case hexadecimal digits; `progress(bytes)` is called every 16 MiB.
/// Python equivalent: hashlib.sha256(bytes).hexdigest().
inline std::string sha256(std::span<const std::byte> bytes, const std::function<void(std::size_t)>& progress = {}) {
  const auto roots = detail::prime_roots([](double x) { return std::sqrt(x); });
  std::array<std::uint32_t, 8> state{};
  std::copy_n(roots.begin(), 8, state.begin());
  const std::size_t whole = bytes.size() / 64 * 64;
  for (std::size_t at = 0; at < whole; at += 64) {
    if (progress && at > 0 && at % (std::size_t{1} << 24) == 0) progress(at);
    detail::sha256_block(bytes.subspan(at, 64), state);
  }

  // The rest, one bit, zeros, and the number of bits in the last eight bytes: one block or two.
  std::array<std::byte, 128> end{};
  const std::size_t rest = bytes.size() - whole, size = rest < 56 ? 64 : 128;
  std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(whole), bytes.end(), end.begin());
  end[rest] = std::byte{0x80};
  for (std::size_t i = 0; i < 8; ++i)
    end[size - 1 - i] = static_cast<std::byte>(std::uint64_t{bytes.size()} * 8 >> (8 * i) & 0xff);
  for (std::size_t at = 0; at < size; at += 64)
    detail::sha256_block(std::span<const std::byte>(end).subspan(at, 64), state);

  std::string out;
  for (const std::uint32_t word : state) out += fmt::format("{:08x}", word);
  return out;
}

/// The digest of a file's bytes. Errors: io_error if it cannot be read.
inline std::string sha256_of_file(const std::filesystem::path& path,
                                  const std::function<void(std::size_t)>& progress = {}) {
  const mapped_file file(path);
  return sha256(file.bytes(), progress);
}

}  // namespace clipt::inline CLIPT_BUILD
