// The released model rn50x16, compiled by itself.
#include "define.hpp"

models::released models::rn50x16() { return define<clipt::rn50x16>("rn50x16"); }
