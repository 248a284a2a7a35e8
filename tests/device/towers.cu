// CLIP on a real GPU; the main function stands in cuda.cu.
#include <clipt/cuda.hpp>

#include "tower_tests.hpp"
