// The embedded data set: pictures of coloured shapes with captions, drawn by the program from a seed.
#pragma once
#include <cstdint>  // uint64_t
#include <string>   // string
#include <vector>   // vector

#include <clipt/data/scenes_captions.hpp>  // describe
#include <clipt/data/scenes_draw.hpp>      // draw_picture
#include <clipt/data/scenes_plan.hpp>      // plan_scene
#include <clipt/io/pixels.hpp>             // image

namespace clipt::inline CLIPT_BUILD {

/// A picture, [64, 64, 3], its caption, what it is made from, and what it is called.
struct scene {
  image picture;
  std::string caption;
  scene_plan plan;
  std::string label;  // "<colour> <shape>" of a scene with one object, empty otherwise
};

/// The label of a plan: "<colour> <shape>" of its only object, empty if there are more.
inline std::string scene_label(const scene_plan& plan) {
  return plan.objects.size() == 1 ? scene_label(plan.objects[0].colour, plan.objects[0].shape) : std::string();
}

/// Scene `index` of a split: a pure function of its arguments, the same bytes on every machine.
///
/// Captions of the validation split tell everything, so that retrieval has one answer; the others tell a random part.
inline scene draw_scene(std::uint64_t seed, int index, scene_split split = scene_split::training) {
  scene out;
  out.plan = plan_scene(seed, index, split);
  out.picture = draw_picture(out.plan);
  const random_stream words{seed, 0x5CE1'0000u + static_cast<std::uint32_t>(split), static_cast<std::uint32_t>(index)};
  out.caption =
      describe(out.plan, words, split == scene_split::validation ? caption_detail::full : caption_detail::varied);
  out.label = scene_label(out.plan);
  return out;
}

namespace detail::scenes {

inline std::vector<scene> draw_all(std::uint64_t seed, int count, scene_split split) {
  std::vector<scene> out;
  out.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) out.push_back(draw_scene(seed, i, split));
  return out;
}

}  // namespace detail::scenes

/// The first `count` scenes to train on; `scenes_dataset` draws them one at a time instead.
inline std::vector<scene> training_scenes(std::uint64_t seed, int count) {
  return detail::scenes::draw_all(seed, count, scene_split::training);
}

/// Scenes like those of training that are not among them.
inline std::vector<scene> validation_scenes(std::uint64_t seed, int count) {
  return detail::scenes::draw_all(seed, count, scene_split::validation);
}

/// Single objects of colour-shape pairs that no training scene shows: the zero-shot test.
inline std::vector<scene> held_out_scenes(std::uint64_t seed, int count) {
  return detail::scenes::draw_all(seed, count, scene_split::held_out);
}

/// The labels of all colour-shape pairs, or of those that are (not) held out; ordered by colour, then shape.
inline std::vector<std::string> all_labels() {
  std::vector<std::string> out;
  for (int colour = 0; colour < 10; ++colour)
    for (int shape = 0; shape < 10; ++shape) out.push_back(scene_label(colour, shape));
  return out;
}

/// Those that no training picture shows.
inline std::vector<std::string> held_out_labels() {
  std::vector<std::string> out;
  for (int colour = 0; colour < 10; ++colour)
    for (int shape = 0; shape < 10; ++shape)
      if (scene_pair_held_out(colour, shape)) out.push_back(scene_label(colour, shape));
  return out;
}

/// Templates that suit the labels: the captions of training use these forms, and none needs "a" or "an".
inline const std::vector<std::string>& scene_templates() {
  static const std::vector<std::string> templates = {"{}", "one {}", "a single {}", "the {}", "a picture of one {}"};
  return templates;
}

}  // namespace clipt::inline CLIPT_BUILD
