// The presets, compiled together: what they share, the trainer and the kernels, costs several times what one adds.
#include <fmt/format.h>

#include "define.hpp"

const std::vector<presets::preset>& presets::all() {
  static const std::vector<preset> list{define<clipt::scenes_64>("scenes_64"), define<clipt::basic_64>("basic_64"),
                                        define<clipt::resnet_64>("resnet_64"), define<clipt::vit_64>("vit_64"),
                                        define<clipt::tiny_64>("tiny_64")};
  return list;
}

const presets::preset& presets::find(const std::string& name, const std::string& who) {
  std::string names;
  for (const preset& p : all()) {
    if (p.name == name) return p;
    names += (names.empty() ? "" : ", ") + p.name;
  }
  throw clipt::io_error(fmt::format("{}: there is no preset '{}'; there are {}", who, name, names));
}
