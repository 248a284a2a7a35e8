// The matrix units of a GPU: products of 16 x 16 and 16 x 8 numbers of bfloat16 by a warp, and how their operands are
// read from shared memory. With simt.cuh all that kernels use of a GPU; tests/device/emulated has a second file of this name.
#pragma once
#include <cstdint>  // uint32_t

#include <clipt/core/bfloat16.hpp>  // bfloat16
#include <clipt/cuda/simt.cuh>      // shared_array

namespace clipt::inline CLIPT_BUILD::on_cuda {

/// Eight numbers of bfloat16, read and written at once.
struct alignas(16) sixteen_bytes {
  std::uint32_t word[4];
};

/// The eight from `first` on, at a multiple of 16 bytes.
__device__ inline sixteen_bytes eight_of(const bfloat16* first) {
  const uint4 value = *reinterpret_cast<const uint4*>(first);
  return {{value.x, value.y, value.z, value.w}};
}

/// What one lane holds of four 8 x 8 matrices: of each the two elements (lane / 4, 2 (lane % 4)) and the one behind it.
struct four_matrices {
  std::uint32_t part[4];
};

/// Two numbers of bfloat16 in a register, the first in the lower half.
__device__ inline std::uint32_t pair_of(float first, float second) {
  std::uint32_t pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(second), "f"(first));
  return pair;
}

/// Four 8 x 8 matrices of shared memory, or their transposes: lane l says at which element, a multiple of 8, row l % 8 of
/// matrix l / 8 begins. All 32 lanes must take part.
template <bool Transposed>
__device__ four_matrices load_matrices(const shared_array<bfloat16>& from, int element) {
  four_matrices m;
  const auto address = static_cast<std::uint32_t>(__cvta_generic_to_shared(from.data() + element));
  if constexpr (Transposed)
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(m.part[0]), "=r"(m.part[1]), "=r"(m.part[2]), "=r"(m.part[3])
                 : "r"(address)
                 : "memory");
  else
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(m.part[0]), "=r"(m.part[1]), "=r"(m.part[2]), "=r"(m.part[3])
                 : "r"(address)
                 : "memory");
  return m;
}

/// c [16, 8] += a [16, 16] b [16, 8], sums of floats.
///
/// a: matrices (rows 0-7, columns 0-7), (8-15, 0-7), (0-7, 8-15), (8-15, 8-15); b: its upper and lower half, transposed; a
/// lane holds of c (lane / 4, 2 (lane % 4)), the one behind it, and the two eight rows below.
__device__ inline void multiply_add(float (&c)[4], const four_matrices& a, std::uint32_t upper, std::uint32_t lower) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a.part[0]), "r"(a.part[1]), "r"(a.part[2]), "r"(a.part[3]), "r"(upper), "r"(lower));
}

}  // namespace clipt::inline CLIPT_BUILD::on_cuda
