# How this repository's own programs are compiled (clipt_own_flags); nothing here is passed on to users.
if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
  endif()
  # The kernels are written in lanes: -O3 makes them no faster, and takes a fifth longer to compile.
  string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  set(CMAKE_CXX_EXTENSIONS OFF)
  find_program(CLIPT_CCACHE ccache)
  if(CLIPT_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    # The tests' precompiled header is no reason for ccache to look away.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CLIPT_CCACHE})
    add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>)
  endif()
endif()

add_library(clipt_own_flags INTERFACE)
target_compile_options(clipt_own_flags INTERFACE -Wall -Wextra -Wpedantic -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # Its own avx512fintrin.h, which Eigen inlines, reads `__m512 y = y;` (GCC bug 105593); it sees overflows in std::string
  # and fmt 9 where there are none. clang++ keeps these warnings.
  target_compile_options(clipt_own_flags INTERFACE -Wno-uninitialized -Wno-maybe-uninitialized -Wno-stringop-overflow)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Templates by the gigabyte: collecting garbage less often saves 7 % of the time for a fifth more memory.
  target_compile_options(clipt_own_flags INTERFACE "SHELL:--param ggc-min-expand=300" "SHELL:--param ggc-min-heapsize=524288")
endif()
if(CLIPT_NATIVE)
  target_compile_options(clipt_own_flags INTERFACE -march=native)
endif()
if(CLIPT_SANITIZE)
  target_compile_options(clipt_own_flags INTERFACE
    -fsanitize=${CLIPT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(clipt_own_flags INTERFACE -fsanitize=${CLIPT_SANITIZE})
  # A build to find faults, not to be fast: assertions on, optimised a little so that the suite still ends.
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
endif()
