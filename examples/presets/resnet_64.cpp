// The preset resnet_64, compiled by itself.
#include "define.hpp"

presets::preset presets::resnet_64() { return define<clipt::resnet_64>("resnet_64"); }
