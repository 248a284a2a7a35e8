// What ResNets need on a real GPU.
#include <clipt/cuda.hpp>

#include "picture_tests.hpp"
