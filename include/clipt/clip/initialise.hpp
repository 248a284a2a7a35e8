// The starting values of a CLIP, as OpenAI's model sets them; which rule a parameter follows is read off its name.
#pragma once
#include <cmath>   // sqrt, log
#include <string>  // string

#include <clipt/clip/model.hpp>  // clip
#include <clipt/nn/init.hpp>     // fill_normal, ...

namespace clipt::inline CLIPT_BUILD {

namespace detail {

inline bool ends_with(const std::string& text, const char* end) { return text.ends_with(end); }

/// Linear biases that a framework draws from U(±1 / sqrt(fan in)): those of the perceptrons and of the attention
/// pooling.
inline void fill_text(const state_member& p, const std::string& path, random_stream random, const text_config& c) {
  const double width = c.width, hidden = c.hidden_width();
  if (path == "token_embedding.weight") return fill_normal(p, random, 0.02);
  if (path == "positional_embedding") return fill_normal(p, random, 0.01);
  if (path == "text_projection" || path == "text_projection.weight")
    return fill_normal(p, random, 1 / std::sqrt(width));
  const double depth = 1 / std::sqrt(2.0 * c.layers);
  if (ends_with(path, "in_proj_weight")) return fill_normal(p, random, 1 / std::sqrt(width));
  if (ends_with(path, "out_proj.weight")) return fill_normal(p, random, depth / std::sqrt(width));
  if (ends_with(path, "c_proj.weight")) return fill_normal(p, random, depth / std::sqrt(width));
  if (ends_with(path, "c_fc.weight")) return fill_normal(p, random, 1 / std::sqrt(2 * width));
  if (ends_with(path, "c_fc.bias")) return fill_uniform(p, random, 1 / std::sqrt(width));
  if (ends_with(path, "c_proj.bias")) return fill_uniform(p, random, 1 / std::sqrt(hidden));
  fill_constant(p, ends_with(path, ".weight") ? 1 : 0);  // the gains and biases of norms, and attention's biases
}

inline void fill_vit(const state_member& p, const std::string& path, random_stream random, const vit_config& c) {
  const double width = c.width, hidden = c.hidden_width();
  if (path == "visual.class_embedding" || path == "visual.positional_embedding" || path == "visual.proj")
    return fill_normal(p, random, 1 / std::sqrt(width));
  if (path == "visual.attn_pool.query") return fill_normal(p, random, 1);
  if (ends_with(path, "_proj_weight")) return fill_xavier(p, random);
  if (path == "visual.conv1.weight" || (p.extents.size() == 2 && ends_with(path, ".weight")))
    return fill_fan_in(p, random);
  if (ends_with(path, "c_fc.bias")) return fill_uniform(p, random, 1 / std::sqrt(width));
  if (ends_with(path, "c_proj.bias")) return fill_uniform(p, random, 1 / std::sqrt(hidden));
  fill_constant(p, ends_with(path, ".weight") ? 1 : 0);
}

inline void fill_resnet(const state_member& p, const std::string& path, random_stream random, int feature_width) {
  const double deviation = 1 / std::sqrt(static_cast<double>(feature_width));
  if (path.starts_with("visual.attnpool.")) {
    if (p.extents.size() == 2) return fill_normal(p, random, deviation);
    return fill_uniform(p, random, deviation);
  }
  if (p.extents.size() >= 2) return fill_fan_in(p, random);
  const bool last_of_bottleneck = path.starts_with("visual.layer") && ends_with(path, "bn3.weight");
  fill_constant(p, ends_with(path, ".weight") && !last_of_bottleneck ? 1 : 0);
}

}  // namespace detail

/// The starting values of OpenAI's model, from a seed: the two towers start by different rules, as there.
///
/// The temperature starts at 1 / 0.07. Source: Radford et al., 2021, section 2.5, and OpenAI's `initialize_parameters`.
template <auto Config, class Policy>
void initialise(clip<Config, Policy>& model, std::uint64_t seed) {
  for_each_state(model, [&](const std::string& path, const state_member& member) {
    const random_stream random = stream_of(seed, path);
    if (!member.is_parameter()) {
      fill_constant(member, path.ends_with("running_var") ? 1 : 0);
    } else if (path == "logit_scale") {
      fill_constant(member, std::log(1 / 0.07));
    } else if (!path.starts_with("visual.")) {
      detail::fill_text(member, path, random, Config.text);
    } else if constexpr (requires { Config.vision.patch; }) {
      detail::fill_vit(member, path, random, Config.vision);
    } else {
      detail::fill_resnet(member, path, random, Config.vision.feature_width());
    }
  });
}

}  // namespace clipt::inline CLIPT_BUILD
