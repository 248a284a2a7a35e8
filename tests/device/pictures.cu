// What ResNets need on a real GPU; the main function stands in cuda.cu.
#include <clipt/cuda.hpp>

#include "picture_tests.hpp"
