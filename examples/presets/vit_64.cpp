// The preset vit_64, compiled by itself.
#include "define.hpp"

presets::preset presets::vit_64() { return define<clipt::vit_64>("vit_64"); }
