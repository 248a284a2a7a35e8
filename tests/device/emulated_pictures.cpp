// What ResNets need on the emulated GPU.
#include <clipt/cuda.hpp>

#include "picture_tests.hpp"
