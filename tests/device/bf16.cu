// Statements of bfloat16 on a real GPU; the main function stands in cuda.cu.
#include <clipt/cuda.hpp>

#include "bf16_tests.hpp"
