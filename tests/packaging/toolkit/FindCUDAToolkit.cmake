# The targets of a CUDA toolkit without one.
add_library(CUDA::cudart_static INTERFACE IMPORTED)
add_library(CUDA::cublasLt INTERFACE IMPORTED)
set(CUDAToolkit_FOUND TRUE)
