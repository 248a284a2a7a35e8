// bfloat16 on a real GPU.
#include <clipt/cuda.hpp>

#include "bf16_tests.hpp"
