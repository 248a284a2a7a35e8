// cuBLAS where it belongs.
#pragma once
#include <cublasLt.h>
