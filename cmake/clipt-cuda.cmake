# clipt::cuda, what a .cu file needs: clipt::tensor, the CUDA runtime, cuBLASLt. Included by this project and by its package,
# after the language CUDA where .cu files are compiled.
if(CMAKE_CUDA_COMPILER_LOADED AND NOT "cuda_std_20" IN_LIST CMAKE_CUDA_COMPILE_FEATURES)
  # CMake 3.25 knows C++20 for nvcc, but neither the flag nor the feature: it would silently compile as C++17.
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
  set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
  list(APPEND CMAKE_CUDA_COMPILE_FEATURES cuda_std_20)
endif()

add_library(clipt_cuda INTERFACE)
add_library(clipt::cuda ALIAS clipt_cuda)
target_link_libraries(clipt_cuda INTERFACE clipt::tensor CUDA::cudart_static CUDA::cublasLt)
# constexpr functions of the standard library (std::array, numeric_limits) are called in kernels.
target_compile_options(clipt_cuda INTERFACE $<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr>)

# clipt::cuda_algorithms: what of Thrust takes long to compile, once. Its source lies among the headers.
if(CMAKE_CUDA_COMPILER_LOADED)
  find_file(CLIPT_CUDA_ALGORITHMS clipt/cuda/algorithms.cu REQUIRED NO_DEFAULT_PATH
    PATHS ${CMAKE_CURRENT_LIST_DIR}/../include ${CMAKE_CURRENT_LIST_DIR}/../../../include
      ${CMAKE_CURRENT_LIST_DIR}/../../../../include)
  mark_as_advanced(CLIPT_CUDA_ALGORITHMS)
  add_library(clipt_cuda_algorithms STATIC ${CLIPT_CUDA_ALGORITHMS})
  add_library(clipt::cuda_algorithms ALIAS clipt_cuda_algorithms)
  set_target_properties(clipt_cuda_algorithms PROPERTIES CUDA_STANDARD 20 CUDA_STANDARD_REQUIRED ON)
  target_link_libraries(clipt_cuda_algorithms PRIVATE clipt::tensor CUDA::cudart_static)
  target_compile_options(clipt_cuda_algorithms PRIVATE --expt-relaxed-constexpr)
  target_link_libraries(clipt_cuda INTERFACE clipt_cuda_algorithms)
endif()
