// Initialisers: each fills a parameter from a counter-based stream; the same seed gives the same numbers everywhere.
#pragma once
#include <cmath>    // sqrt
#include <cstdint>  // uint64_t
#include <string>   // string

#include <clipt/core/philox.hpp>  // random_stream

namespace clipt {

/// The stream of a parameter: its path decides, so that adding a layer leaves the others' numbers as they are.
inline random_stream stream_of(std::uint64_t seed, const std::string& path) {
  std::uint32_t hash = 2166136261u;  // FNV-1a
  for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return {seed, hash};
}

/// N(0, deviation²).
template <class Parameter>
void fill_normal(Parameter& p, random_stream random, double deviation) {
  for (dim_t i = 0; i < p.size(); ++i) p[i] = static_cast<typename Parameter::value_type>(deviation * random.normal(i));
}

/// U(-bound, bound).
template <class Parameter>
void fill_uniform(Parameter& p, random_stream random, double bound) {
  for (dim_t i = 0; i < p.size(); ++i) p[i] = static_cast<typename Parameter::value_type>(bound * (2.0 * random.uniform(i) - 1.0));
}

/// One number everywhere.
template <class Parameter>
void fill_constant(Parameter& p, double value) {
  for (auto& element : p) element = static_cast<typename Parameter::value_type>(value);
}

/// The number of inputs that one output of a weight [out, in, ...] sums over.
template <class Parameter>
double fan_in(const Parameter&) {
  using S = typename Parameter::shape_type;
  return S::rank == 0 ? 1.0 : static_cast<double>(S{}.size()) / static_cast<double>(S{}.extent(0));
}

/// U(±1 / sqrt(fan in)), the default of a framework's linear and convolution layers.
/// Source: LeCun et al., 1998; PyTorch's `nn.Linear.reset_parameters` has this bound.
template <class Parameter>
void fill_fan_in(Parameter& p, random_stream random) {
  fill_uniform(p, random, 1 / std::sqrt(fan_in(p)));
}

/// U(±sqrt(6 / (fan in + fan out))). Source: Glorot and Bengio, 2010.
template <class Parameter>
void fill_xavier(Parameter& p, random_stream random) {
  fill_uniform(p, random, std::sqrt(6.0 / (static_cast<double>(p.shape().extent(0)) + fan_in(p))));
}

}  // namespace clipt
