// The released model vit_l_14_336px, compiled by itself.
#include "define.hpp"

models::released models::vit_l_14_336px() { return define<clipt::vit_l_14_336px>("vit_l_14_336px"); }
