// The preset scenes_64, compiled by itself.
#include "define.hpp"

presets::preset presets::scenes_64() { return define<clipt::scenes_64>("scenes_64"); }
