// OpenAI's ResNets.
#include "define.hpp"

std::vector<models::released> models::resnets() {
  return {define<clipt::rn50>("rn50"), define<clipt::rn101>("rn101"), define<clipt::rn50x4>("rn50x4"),
          define<clipt::rn50x16>("rn50x16"), define<clipt::rn50x64>("rn50x64")};
}
