// An umbrella may include any floor but cuda.
#pragma once
#include <clipt/clip/text.hpp>
#include <clipt/cuda/map.cuh>
