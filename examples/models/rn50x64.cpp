// The released model rn50x64, compiled by itself.
#include "define.hpp"

models::released models::rn50x64() { return define<clipt::rn50x64>("rn50x64"); }
