// Storage types of 16 bits: bfloat16 (the upper half of a float) and float16 (IEEE 754 binary16).
#pragma once

#include <cstdint>  // std::uint16_t, std::uint32_t

#include <clipt/core/config.hpp>  // CLIPT_HD

namespace clipt::inline CLIPT_BUILD {

namespace detail {

// The builtin behind std::bit_cast, which itself is no device function.
CLIPT_HD constexpr std::uint32_t float_to_bits(float value) { return __builtin_bit_cast(std::uint32_t, value); }
CLIPT_HD constexpr float bits_to_float(std::uint32_t bits) { return __builtin_bit_cast(float, bits); }

}  // namespace detail

/// A number of 16 bits with the range of a float and 8 bits of precision: stored and converted, never computed with.
///
/// From float it is rounded to nearest, ties to even; to float it is exact. A NaN stays one and becomes quiet.
/// PyTorch equivalent: torch.bfloat16.
class bfloat16 {
 public:
  bfloat16() = default;
  CLIPT_HD explicit constexpr bfloat16(float value) : bits_(round(detail::float_to_bits(value))) {}

  CLIPT_HD explicit constexpr operator float() const {
    return detail::bits_to_float(static_cast<std::uint32_t>(bits_) << 16);
  }
  CLIPT_HD explicit constexpr operator double() const { return static_cast<float>(*this); }

  /// The number as it is stored: 1 bit of sign, 8 of exponent, 7 of fraction.
  CLIPT_HD constexpr std::uint16_t bits() const { return bits_; }
  CLIPT_HD static constexpr bfloat16 from_bits(std::uint16_t bits) {
    bfloat16 result(0.0f);
    result.bits_ = bits;
    return result;
  }

 private:
  CLIPT_HD static constexpr std::uint16_t round(std::uint32_t bits) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    if (!__builtin_is_constant_evaluated()) {
      std::uint16_t rounded;  // one instruction, in which a NaN stays one, too
      asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(rounded) : "f"(detail::bits_to_float(bits)));
      return rounded;
    }
#endif
    // Rounding could carry a NaN into -0, and cutting it off could leave infinity: hence the quiet bit.
    if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>(bits >> 16 | 0x40u);
    return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
  }

  std::uint16_t bits_;
};

/// A number of 16 bits with 11 bits of precision, from 2^-24 (denormal) to 65504: stored and converted only.
///
/// From float it is rounded to nearest, ties to even, from 65520 on to infinity; to float it is exact. A NaN stays one
/// and becomes quiet. PyTorch equivalent: torch.float16.
class float16 {
 public:
  float16() = default;
  CLIPT_HD explicit constexpr float16(float value) : bits_(round(detail::float_to_bits(value))) {}

  CLIPT_HD explicit constexpr operator float() const {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits_ & 0x8000u) << 16;
    const std::uint32_t magnitude = bits_ & 0x7fffu;
    std::uint32_t result = 0;
    if (magnitude >= 0x7c00u) {  // infinity and NaN
      result = 0x7f800000u | magnitude << 13 | (magnitude > 0x7c00u ? 0x400000u : 0u);
    } else if (magnitude >= 0x400u) {
      result = (magnitude << 13) + ((127u - 15u) << 23);
    } else {  // a multiple of 2^-24
      result = detail::float_to_bits(static_cast<float>(magnitude) * 5.9604644775390625e-8f);
    }
    return detail::bits_to_float(sign | result);
  }
  CLIPT_HD explicit constexpr operator double() const { return static_cast<float>(*this); }

  /// The number as it is stored: 1 bit of sign, 5 of exponent, 10 of fraction.
  CLIPT_HD constexpr std::uint16_t bits() const { return bits_; }
  CLIPT_HD static constexpr float16 from_bits(std::uint16_t bits) {
    float16 result(0.0f);
    result.bits_ = bits;
    return result;
  }

 private:
  CLIPT_HD static constexpr std::uint16_t round(std::uint32_t bits) {
    const std::uint32_t sign = bits >> 16 & 0x8000u;
    const std::uint32_t magnitude = bits & 0x7fffffffu;
    std::uint32_t result = 0;
    if (magnitude > 0x7f800000u) {  // NaN
      result = 0x7e00u | (magnitude >> 13 & 0x3ffu);
    } else if (magnitude >= 0x477ff000u) {  // 65520, halfway between the largest number and the next power of two
      result = 0x7c00u;
    } else if (magnitude >= 0x38800000u) {  // 2^-14, the smallest normal number
      result = (magnitude - ((127u - 15u) << 23) + 0xfffu + (magnitude >> 13 & 1u)) >> 13;
    } else {  // the last bit of 0.5 + x is worth 2^-24, as the last bit of a denormal: the addition rounds
      result = detail::float_to_bits(detail::bits_to_float(magnitude) + 0.5f) - detail::float_to_bits(0.5f);
    }
    return static_cast<std::uint16_t>(sign | result);
  }

  std::uint16_t bits_;
};

}  // namespace clipt::inline CLIPT_BUILD
