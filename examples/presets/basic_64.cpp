// The preset basic_64, compiled by itself.
#include "define.hpp"

presets::preset presets::basic_64() { return define<clipt::basic_64>("basic_64"); }
