// All operations on a real GPU.
#include <clipt/cuda.hpp>

#include "device_tests.hpp"
