// cuBLAS and Thrust in the wrong files.
#pragma once
#include <cublas_v2.h>
#include <thrust/sort.h>
#include <cuda_runtime.h>
