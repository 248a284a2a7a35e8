// The embedded scenes as a data set.
#pragma once
#include <cstdint>  // uint64_t
#include <string>   // string

#include <fmt/format.h>  // format

#include <clipt/data/dataset.hpp>  // dataset
#include <clipt/data/scenes.hpp>   // plan_scene, describe, draw_picture

namespace clipt::inline CLIPT_BUILD {

/// The embedded scenes as a data set: pictures are drawn when they are asked for, captions differ from draw to draw.
class scenes_dataset {
 public:
  scenes_dataset(std::uint64_t seed, int count, scene_split split = scene_split::training)
      : seed_(seed), count_(count), split_(split) {}

  int size() const { return count_; }
  std::string name(int i) const { return fmt::format("scene {}", i); }
  image load(int i) const { return draw_picture(plan(i)); }

  /// Another caption for each stream; of a validation scene it always tells everything.
  std::string caption(int i, random_stream random) const {
    return describe(plan(i), random, split_ == scene_split::validation ? caption_detail::full : caption_detail::varied);
  }

  /// "<colour> <shape>" of a scene with one object, empty otherwise.
  std::string label(int i) const { return scene_label(plan(i)); }

  scene_plan plan(int i) const { return plan_scene(seed_, i, split_); }

 private:
  std::uint64_t seed_;
  int count_;
  scene_split split_;
};

static_assert(dataset<scenes_dataset>);

}  // namespace clipt::inline CLIPT_BUILD
