// Numbers for tests of kernels, and more threads than cores, so that equal bits for any thread count mean something.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <vector>

#include <clipt/core/dims.hpp>

namespace clipt_test {

inline const bool many_threads = setenv("CLIPT_THREADS", "5", 1) == 0;

/// Between -1 and 1, others for another `stream`.
template <class T>
std::vector<T> numbers(clipt::dim_t count, std::uint64_t stream) {
  std::vector<T> result(static_cast<std::size_t>(count));
  std::uint64_t state = stream * 0x9E3779B97F4A7C15u + 1;
  for (T& x : result) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    x = static_cast<T>(static_cast<double>(state >> 40) / double(1 << 23) - 1.0);
  }
  return result;
}

}  // namespace clipt_test
