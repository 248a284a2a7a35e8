// The matrix units of the emulated GPU: the lanes of a warp meet, and each computes from what the others hold.
#pragma once
#include <cstdint>  // uint32_t
#include <cstring>  // memcpy

#include <clipt/core/bfloat16.hpp>  // bfloat16
#include <clipt/cuda/simt.cuh>      // shared_array, emulator

namespace clipt::inline CLIPT_BUILD::on_cuda {

struct alignas(16) sixteen_bytes {
  std::uint32_t word[4];
};

inline sixteen_bytes eight_of(const bfloat16* first) {
  if (reinterpret_cast<std::uintptr_t>(first) % 16 != 0) emulator::fail("sixteen bytes are read at no multiple of 16");
  sixteen_bytes value;
  std::memcpy(&value, first, sizeof(value));
  return value;
}

struct four_matrices {
  std::uint32_t part[4];
};

inline std::uint32_t pair_of(float first, float second) {
  return bfloat16(first).bits() | static_cast<std::uint32_t>(bfloat16(second).bits()) << 16;
}

namespace emulator {

/// Element 0 or 1 of a pair.
inline float element_of(std::uint32_t pair, int k) {
  return static_cast<float>(bfloat16::from_bits(static_cast<std::uint16_t>(pair >> 16 * k)));
}

/// What each lane of a warp gives, once all have given it.
template <class T>
class exchange {
 public:
  explicit exchange(const T& mine) : warp_(now->warps[static_cast<std::size_t>(now->thread / warp_size)]) {
    static_assert(sizeof(T) <= sizeof(warp_.values[0]));
    std::memcpy(warp_.values[now->thread % warp_size], &mine, sizeof(T));
    meet(warp_.arrived, warp_.meetings, warp_size);
  }
  ~exchange() { meet(warp_.arrived, warp_.meetings, warp_size); }
  exchange(const exchange&) = delete;

  T of(int lane) const {
    T value;
    std::memcpy(&value, warp_.values[lane], sizeof(T));
    return value;
  }

 private:
  block_state::warp_state& warp_;
};

}  // namespace emulator

template <bool Transposed>
four_matrices load_matrices(const shared_array<bfloat16>& from, int element) {
  if (element % 8 != 0) emulator::fail("a row of a matrix begins at no multiple of 16 bytes");
  const int lane = thread_index() % warp_size;
  const emulator::exchange<int> begins(element);
  four_matrices m;
  for (int k = 0; k < 4; ++k) {
    bfloat16 two[2];
    for (int i = 0; i < 2; ++i) {
      const int row = Transposed ? lane % 4 * 2 + i : lane / 4, column = Transposed ? lane / 4 : lane % 4 * 2 + i;
      two[i] = from.get(begins.of(8 * k + row) + column);
    }
    std::memcpy(&m.part[k], two, sizeof(two));
  }
  return m;
}

inline void multiply_add(float (&c)[4], const four_matrices& a, std::uint32_t upper, std::uint32_t lower) {
  struct operands {
    four_matrices a;
    std::uint32_t b[2];
  };
  const int lane = thread_index() % warp_size;
  const emulator::exchange<operands> held({a, {upper, lower}});
  for (int i = 0; i < 4; ++i) {
    const int row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
    for (int k = 0; k < 16; ++k) {
      const operands left = held.of(row % 8 * 4 + k % 8 / 2), right = held.of(column * 4 + k % 8 / 2);
      c[i] +=
          emulator::element_of(left.a.part[row / 8 + k / 8 * 2], k % 2) * emulator::element_of(right.b[k / 8], k % 2);
    }
  }
}

}  // namespace clipt::inline CLIPT_BUILD::on_cuda
