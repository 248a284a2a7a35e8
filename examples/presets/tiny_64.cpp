// The preset tiny_64, compiled by itself.
#include "define.hpp"

presets::preset presets::tiny_64() { return define<clipt::tiny_64>("tiny_64"); }
