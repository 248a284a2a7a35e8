// The released model rn50x4, compiled by itself.
#include "define.hpp"

models::released models::rn50x4() { return define<clipt::rn50x4>("rn50x4"); }
