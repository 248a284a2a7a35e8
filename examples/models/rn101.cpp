// The released model rn101, compiled by itself.
#include "define.hpp"

models::released models::rn101() { return define<clipt::rn101>("rn101"); }
