// Models whose pictures go through a transformer: train_clip's small ones, OpenAI's, and the ones most used of open_clip's,
// which have the exact GELU; compiled together: what they share costs ten times what a model adds.
#include <clipt/clip/open_clip_presets.hpp>
#include <clipt/clip/presets.hpp>

#include "define.hpp"

std::vector<models::architecture> models::vision_transformers() {
  return {define<clipt::vit_64>("vit_64"),
          define<clipt::tiny_64>("tiny_64"),
          define<clipt::vit_b_32>("vit_b_32"),
          define<clipt::vit_b_16>("vit_b_16"),
          define<clipt::vit_l_14>("vit_l_14"),
          define<clipt::vit_l_14_336px>("vit_l_14_336px"),
          define<clipt::open_clip::vit_b_32>("open_clip::vit_b_32"),
          define<clipt::open_clip::vit_b_16>("open_clip::vit_b_16"),
          define<clipt::open_clip::vit_l_14>("open_clip::vit_l_14"),
          define<clipt::open_clip::vit_h_14>("open_clip::vit_h_14")};
}
