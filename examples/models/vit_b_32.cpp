// The released model vit_b_32, compiled by itself.
#include "define.hpp"

models::released models::vit_b_32() { return define<clipt::vit_b_32>("vit_b_32"); }
