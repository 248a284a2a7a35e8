// Weights and inputs of full-size models from a formula, so that reference outputs need no weights beside them.
//
// value(name, i) = offset + scale u, u in [-1, 1) from a hash of the tensor's name and the element's index.
#pragma once
#include <clipt/clip/model.hpp>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

namespace clipt_test {

/// The numbers u(i) of one name.
class procedural_stream {
 public:
  procedural_stream(std::string_view salt, std::string_view name) {
    for (const std::string_view part : {salt, name})
      for (const char c : part) hash_ = (hash_ ^ static_cast<std::uint8_t>(c)) * 0x100000001b3u;
  }
  float operator()(std::uint64_t i) const {
    std::uint64_t z = hash_ + i + 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return static_cast<float>(z >> 40) * 0x1p-23f - 1;
  }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325u;
};

struct offset_and_scale {
  double offset, scale;
};

/// The first rule that fits a tensor's name and shape.
inline offset_and_scale rule_of(std::string_view name, std::span<const clipt::dim_t> shape) {
  if (name == "logit_scale") return {std::log(1 / 0.07), 0};
  if (name.ends_with(".num_batches_tracked")) return {0, 0};
  if (name.ends_with(".running_mean")) return {0, 0.1};
  if (name.ends_with(".running_var")) return {1, 0.3};
  if (name.ends_with(".bias") || name.ends_with(".in_proj_bias")) return {0, 0.02};
  if (shape.size() == 1 && name.ends_with(".weight")) {
    const bool last_of_a_bottleneck = name.starts_with("visual.layer") && name.ends_with(".bn3.weight");
    return last_of_a_bottleneck ? offset_and_scale{0.2, 0.05} : offset_and_scale{1, 0.1};
  }
  if (name == "token_embedding.weight" || name.ends_with("positional_embedding") || name == "visual.class_embedding")
    return {0, 0.05};
  if (name == "visual.proj" || name == "text_projection") return {0, std::sqrt(3.0 / static_cast<double>(shape[0]))};
  double inputs = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) inputs *= static_cast<double>(shape[i]);
  return {0, std::sqrt(3 / inputs) * (shape.size() == 4 ? 1.4 : 1)};
}

template <class Model>
void fill_procedurally(const Model& model, std::string_view salt) {
  clipt::for_each_state(model, [&](const std::string& name, const clipt::state_member& member) {
    const auto [offset, scale] = rule_of(name, member.extents);
    const auto base = static_cast<float>(offset), factor = static_cast<float>(scale);
    const procedural_stream u(salt, name);
    member.with_elements([&](auto elements) {
      using T = typename decltype(elements)::value_type;
      constexpr clipt::dim_t piece = 1 << 16;
      clipt::on_cpu::for_pieces(0, static_cast<clipt::dim_t>(elements.size()), piece, [&](auto begin, auto end) {
        for (auto i = begin; i < end; ++i)
          elements[static_cast<std::size_t>(i)] = static_cast<T>(base + factor * u(static_cast<std::uint64_t>(i)));
      });
    });
  });
}

/// Waves and noise: [count, 3, side, side].
inline std::vector<float> procedural_images(clipt::dim_t count, clipt::dim_t side, std::string_view salt) {
  std::vector<float> pixels;
  for (clipt::dim_t n = 0; n < count; ++n)
    for (clipt::dim_t c = 0; c < 3; ++c) {
      const std::string plane = "image." + std::to_string(n) + "." + std::to_string(c);
      const procedural_stream wave(salt, plane + ".wave"), noise(salt, plane + ".noise");
      for (clipt::dim_t row = 0; row < side; ++row)
        for (clipt::dim_t column = 0; column < side; ++column) {
          const float x = static_cast<float>(column) / static_cast<float>(side),
                      y = static_cast<float>(row) / static_cast<float>(side);
          const float angle = 6.2831853f * ((2 + 4 * wave(0)) * x + (2 + 4 * wave(1)) * y) + 3.1415927f * wave(2);
          pixels.push_back(std::sin(angle) + 2 * wave(3) +
                           0.5f * noise(static_cast<std::uint64_t>(row * side + column)));
        }
    }
  return pixels;
}

}  // namespace clipt_test
