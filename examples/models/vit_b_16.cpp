// The released model vit_b_16, compiled by itself.
#include "define.hpp"

models::released models::vit_b_16() { return define<clipt::vit_b_16>("vit_b_16"); }
