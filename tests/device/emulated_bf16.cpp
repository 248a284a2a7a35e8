// bfloat16 on the emulated GPU.
#include <clipt/cuda.hpp>

#include "bf16_tests.hpp"
