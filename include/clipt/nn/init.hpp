// Initialisers: each fills a parameter from a counter-based stream; the same seed gives the same numbers everywhere.
#pragma once
#include <algorithm>  // fill
#include <cmath>      // sqrt
#include <cstdint>    // uint64_t
#include <string>     // string

#include <clipt/core/philox.hpp>  // random_stream
#include <clipt/nn/reflect.hpp>   // state_member

namespace clipt::inline CLIPT_BUILD {

/// The stream of a parameter: its path decides, so that adding a layer leaves the others' numbers as they are.
inline random_stream stream_of(std::uint64_t seed, const std::string& path) {
  std::uint32_t hash = 2166136261u;  // FNV-1a
  for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return {seed, hash};
}

/// N(0, deviation²).
inline void fill_normal(const state_member& p, random_stream random, double deviation) {
  p.with_elements([&](auto x) {
    using T = typename decltype(x)::value_type;
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(deviation * random.normal(i));
  });
}

/// U(-bound, bound).
inline void fill_uniform(const state_member& p, random_stream random, double bound) {
  p.with_elements([&](auto x) {
    using T = typename decltype(x)::value_type;
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(bound * (2.0 * random.uniform(i) - 1.0));
  });
}

/// One number everywhere.
inline void fill_constant(const state_member& p, double value) {
  p.with_elements([&](auto x) { std::fill(x.begin(), x.end(), static_cast<typename decltype(x)::value_type>(value)); });
}

/// The number of inputs that one output of a weight [out, in, ...] sums over.
inline double fan_in(const state_member& p) {
  return p.extents.empty() ? 1.0 : static_cast<double>(p.size) / static_cast<double>(p.extents[0]);
}

/// U(±1 / sqrt(fan in)), the default of a framework's linear and convolution layers.
/// Source: LeCun et al., 1998; PyTorch's `nn.Linear.reset_parameters` has this bound.
inline void fill_fan_in(const state_member& p, random_stream random) {
  fill_uniform(p, random, 1 / std::sqrt(fan_in(p)));
}

/// U(±sqrt(6 / (fan in + fan out))). Source: Glorot and Bengio, 2010.
inline void fill_xavier(const state_member& p, random_stream random) {
  fill_uniform(p, random, std::sqrt(6.0 / (static_cast<double>(p.extents[0]) + fan_in(p))));
}

}  // namespace clipt::inline CLIPT_BUILD
