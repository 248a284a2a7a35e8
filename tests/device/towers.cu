// CLIP on a real GPU.
#include <clipt/cuda.hpp>

#include "tower_tests.hpp"
