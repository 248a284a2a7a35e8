// Initialisers: each fills a parameter from a counter-based stream; the same seed gives the same numbers everywhere.
#pragma once
#include <cmath>    // sqrt
#include <cstdint>  // uint64_t
#include <string>   // string

#include <clipt/core/philox.hpp>      // random_stream
#include <clipt/eval/cpu_memory.hpp>  // the kernel of ops::fill on the CPU
#include <clipt/eval/cpu_random.hpp>  // the kernels on the CPU
#include <clipt/eval/parallel.hpp>    // cpu_threads
#include <clipt/nn/reflect.hpp>       // state_member

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
    cpu_threads ctx{1};
    run_forward<ops::fill_normal>(ctx, random, deviation, x.data(), p.size);
  });
}

/// U(-bound, bound).
inline void fill_uniform(const state_member& p, random_stream random, double bound) {
  p.with_elements([&](auto x) {
    cpu_threads ctx{1};
    run_forward<ops::fill_uniform>(ctx, random, bound, x.data(), p.size);
  });
}

/// One number everywhere.
inline void fill_constant(const state_member& p, double value) {
  p.with_elements([&](auto x) {
    cpu_threads ctx{1};
    run_forward<ops::fill>(ctx, x.data(), p.size, static_cast<typename decltype(x)::value_type>(value));
  });
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

/// The starting values of a model of one's own, from a seed: weights (rank 2 or more) U(±1 / sqrt(fan in)); 1 for a
/// parameter whose name ends in weight, gain, gamma or scale, and for running variances; 0 for other parameters, biases
/// too, and for other running statistics. What else a buffer holds stays.
///
/// Other values are set after it, by name: for_each_parameter(model, ...). PyTorch equivalent: what `nn.Linear` and
/// `nn.LayerNorm` start from, but for biases.
template <class Model>
void initialise(Model& model, std::uint64_t seed) {
  for_each_state(model, [seed](const std::string& path, const state_member& member) {
    const auto ends_in = [&](const char* word) { return path.ends_with(word); };
    if (member.is_parameter() && member.extents.size() >= 2) return fill_fan_in(member, stream_of(seed, path));
    if (!member.is_parameter() && path.find("running_") == std::string::npos) return;
    const bool one =
        ends_in("weight") || ends_in("gain") || ends_in("gamma") || ends_in("scale") || ends_in("running_var");
    fill_constant(member, one ? 1 : 0);
  });
}

}  // namespace clipt::inline CLIPT_BUILD
