// Eigen where it belongs, a GPU where it does not.
#pragma once
#include <Eigen/QR>
#include <cuda_runtime.h>
#include <clipt/cuda/map.cuh>
