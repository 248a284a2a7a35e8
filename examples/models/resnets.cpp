// Models whose pictures go through a ResNet: train_clip's small ones, and OpenAI's.
#include <clipt/clip/presets.hpp>

#include "define.hpp"

std::vector<models::architecture> models::resnets() {
  return {define<clipt::basic_64>("basic_64"),   define<clipt::scenes_64>("scenes_64"),
          define<clipt::resnet_64>("resnet_64"), define<clipt::rn50>("rn50"),
          define<clipt::rn101>("rn101"),         define<clipt::rn50x4>("rn50x4"),
          define<clipt::rn50x16>("rn50x16"),     define<clipt::rn50x64>("rn50x64")};
}
