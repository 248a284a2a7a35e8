// The list of presets.
#include <fmt/format.h>

#include "preset.hpp"

const std::vector<presets::preset>& presets::all() {
  static const std::vector<preset> list{scenes_64(), basic_64(), resnet_64(), vit_64(), tiny_64()};
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
