// What one forward pass of a model costs: multiplications of its convolutions, products and attention.
#pragma once
#include <variant>  // visit

#include <clipt/weights/any_config.hpp>  // any_clip_config

namespace clipt::inline CLIPT_BUILD {

namespace detail {

/// Blocks of a transformer over `tokens` tokens, all of them computed.
constexpr double block_costs(double tokens, double width, double hidden, double layers) {
  return layers * (4 * tokens * width * width + 2 * tokens * width * hidden + 2 * tokens * tokens * width);
}

constexpr double image_costs(const vit_config& c, double embed) {
  const double places = static_cast<double>(c.grid()) * c.grid(), tokens = places + 1, width = c.width;
  const double blocks =
      3.0 * c.patch * c.patch * width * places + block_costs(tokens, width, c.hidden_width(), c.layers);
  if (c.pool_queries == 0) return blocks + width * embed;
  const double queries = c.pool_queries;
  return blocks + 2 * tokens * width * embed + (2 * queries + 1) * embed * embed + 2 * queries * tokens * embed;
}

/// The stride of a stage is an average pooling between its first block's second and third convolution.
constexpr double image_costs(const resnet_config& c, double embed) {
  const double half = c.width / 2, stem = c.image / 2;
  double total = stem * stem * (27 * half + 9 * half * half + 9 * half * c.width);
  double side = c.image / 4, channels = c.width, planes = c.width;
  for (int stage = 0; stage < 4; ++stage, planes *= 2)
    for (int block = 0; block < c.stages[stage]; ++block) {
      const double after = stage > 0 && block == 0 ? side / 2 : side, shortcut = block == 0 ? 4 * channels * planes : 0;
      total += side * side * (channels * planes + 9 * planes * planes);
      total += after * after * (4 * planes * planes + shortcut);
      side = after;
      channels = 4 * planes;
    }
  const double tokens = static_cast<double>(c.grid()) * c.grid() + 1, width = c.feature_width();
  return total + (2 * tokens + 1) * width * width + 2 * tokens * width + width * embed;
}

}  // namespace detail

/// Multiply-accumulate operations of one picture and of one caption of so many tokens, in billions, as they are
/// counted elsewhere: with the work that clipt skips.
struct forward_costs {
  double image, text;
};

/// The costs of a configuration. Source: the operations of its layers, counted.
inline forward_costs costs_of(const any_clip_config& any, int tokens = 77) {
  return std::visit(
      [&](const auto& c) {
        const double width = c.text.width;
        return forward_costs{
            1e-9 * detail::image_costs(c.vision, c.embed),
            1e-9 * (detail::block_costs(tokens, width, c.text.hidden_width(), c.text.layers) + width * c.embed)};
      },
      any);
}

}  // namespace clipt::inline CLIPT_BUILD
