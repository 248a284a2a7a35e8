// The released model vit_l_14, compiled by itself.
#include "define.hpp"

models::released models::vit_l_14() { return define<clipt::vit_l_14>("vit_l_14"); }
