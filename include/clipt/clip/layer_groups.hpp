// Which tower and which group of its layers a parameter belongs to: what locks, learning rates and additions go by.
#pragma once
#include <charconv>     // from_chars
#include <string_view>  // string_view

#include <clipt/clip/model.hpp>  // clip

namespace clipt::inline CLIPT_BUILD {

/// A tower of a CLIP; the temperature belongs to neither.
enum class tower { image, text, neither };

/// Where a parameter is: its tower, and the group there, from the input; see tower::groups.
struct layer_place {
  clipt::tower tower;
  int group, groups;
};

namespace detail {

/// The number behind a prefix; -1 if the text does not begin with it.
inline int number_behind(std::string_view text, std::string_view prefix) {
  int number = -1;
  if (text.starts_with(prefix)) std::from_chars(text.data() + prefix.size(), text.data() + text.size(), number);
  return number;
}

/// Of a transformer's parameter: 0 for what embeds, then the blocks, then what projects.
inline int transformer_group(std::string_view path, int blocks) {
  if (const int block = number_behind(path, "transformer.resblocks."); block >= 0) return block + 1;
  for (const std::string_view behind : {"ln_post.", "ln_final.", "attn_pool."})
    if (path.starts_with(behind)) return blocks;
  return path.starts_with("proj") || path.starts_with("text_projection") ? blocks + 1 : 0;
}

/// Of a ResNet's parameter: 0 for the stem, then the stages, then what pools and projects.
inline int resnet_group(std::string_view path) {
  if (const int stage = number_behind(path, "layer"); stage >= 0) return stage;
  return path.starts_with("attnpool.") || path.starts_with("proj.") ? 5 : 0;
}

}  // namespace detail

/// The place of a parameter, or of what is named behind its path, in models of a configuration.
///
/// Source: open_clip, whose `--lock-image-unlocked-groups` counts the same groups of a vision transformer.
template <auto Config>
layer_place place_of(std::string_view path) {
  constexpr std::string_view of_pictures = "visual.";
  if (path.starts_with("logit_")) return {tower::neither, 0, 1};
  if (!path.starts_with(of_pictures))
    return {tower::text, detail::transformer_group(path, Config.text.layers), Config.text.layers + 2};
  path.remove_prefix(of_pictures.size());
  if constexpr (requires { Config.vision.layers; })
    return {tower::image, detail::transformer_group(path, Config.vision.layers), Config.vision.layers + 2};
  else
    return {tower::image, detail::resnet_group(path), 6};
}

}  // namespace clipt::inline CLIPT_BUILD
