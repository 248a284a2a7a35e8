// CLIP on the emulated GPU.
#include <clipt/cuda.hpp>

#include "tower_tests.hpp"
