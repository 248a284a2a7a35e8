// The released model rn50, compiled by itself.
#include "define.hpp"

models::released models::rn50() { return define<clipt::rn50>("rn50"); }
