# clipt::cuda, what a .cu file needs: clipt::tensor, the CUDA runtime, cuBLAS. Included by this project and by its package,
# after the language CUDA where .cu files are compiled.
if(CMAKE_CUDA_COMPILER_LOADED AND NOT "cuda_std_20" IN_LIST CMAKE_CUDA_COMPILE_FEATURES)
  # CMake 3.25 knows C++20 for nvcc, but neither the flag nor the feature: it would silently compile as C++17.
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
  set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
  list(APPEND CMAKE_CUDA_COMPILE_FEATURES cuda_std_20)
endif()

add_library(clipt_cuda INTERFACE)
add_library(clipt::cuda ALIAS clipt_cuda)
target_link_libraries(clipt_cuda INTERFACE clipt::tensor CUDA::cudart_static CUDA::cublas)
# constexpr functions of the standard library (std::array, numeric_limits) are called in kernels.
target_compile_options(clipt_cuda INTERFACE $<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr>)
