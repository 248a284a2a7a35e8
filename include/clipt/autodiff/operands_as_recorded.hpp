// operands_as_recorded: a debug build finds operands that changed or went between a statement and its backward.
#pragma once
#include <clipt/expr/leaves.hpp>  // with_leaves
#ifndef NDEBUG
#include <cstdint>  // uint64_t
#include <cstring>  // memcpy
#include <string>   // string

#include <clipt/core/error.hpp>  // error
#endif

namespace clipt::inline CLIPT_BUILD::detail {

#ifdef NDEBUG

struct operands_as_recorded {
  template <class... X>
  constexpr explicit operands_as_recorded(const X&...) {}
  template <class... X>
  constexpr void check(const X&...) const {}
};

#else

/// Remembers a number that depends on all elements of all operands on the host. A tape holds addresses: what lies there
/// when it runs backwards must be what the forward saw.
class operands_as_recorded {
 public:
  template <class... X>
  explicit operands_as_recorded(const X&... operand) : fingerprint_(fingerprint_of(operand...)) {}

  template <class... X>
  void check(const X&... operand) const {
    if (fingerprint_of(operand...) != fingerprint_)
      throw error(
          "clipt::backward: elements have changed since the forward:" + (std::string() + ... + shapes_of(operand)) +
          ": run the backward before a tensor gets the next batch or a parameter its step");
  }

 private:
  static void mix(std::uint64_t& sum, std::uint64_t word) {
    sum = (sum ^ word) * 0x9E3779B97F4A7C15u;
    sum ^= sum >> 29;
  }

  template <class... X>
  static std::uint64_t fingerprint_of(const X&... operand) {
    std::uint64_t sum = 0;
    const auto add = [&](const auto& leaf) {
      if constexpr (requires { leaf.stamp; }) {
        leaf.stamp.check("backward");
        if constexpr (std::is_same_v<typename std::remove_cvref_t<decltype(leaf)>::device, cpu>) {
          const auto* at = reinterpret_cast<const unsigned char*>(leaf.data());
          auto bytes = static_cast<std::size_t>(leaf.size()) * sizeof(*leaf.data());
          for (std::uint64_t word = 0; bytes > 0; at += sizeof(word), word = 0) {
            const std::size_t count = bytes < sizeof(word) ? bytes : sizeof(word);
            std::memcpy(&word, at, count);
            mix(sum, word);
            bytes -= count;
          }
        }
      }
      return leaf;
    };
    (with_leaves(operand, add), ...);
    return sum;
  }

  template <class X>
  static std::string shapes_of(const X& operand) {
    std::string shapes;
    with_leaves(operand, [&](const auto& leaf) {
      if constexpr (requires { leaf.stamp; }) shapes += " " + to_string(leaf.shape());
      return leaf;
    });
    return shapes;
  }

  std::uint64_t fingerprint_;
};

#endif

}  // namespace clipt::inline CLIPT_BUILD::detail
