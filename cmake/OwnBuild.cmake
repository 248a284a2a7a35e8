# How this repository's own programs are compiled (clipt_own_flags); nothing here is passed on to users.
include_guard()
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_EXTENSIONS OFF)

find_program(CLIPT_CCACHE ccache)
if(CLIPT_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CLIPT_CCACHE})
endif()

add_library(clipt_own_flags INTERFACE)
target_compile_options(clipt_own_flags INTERFACE -Wall -Wextra -Wpedantic -Werror)
if(NOT CLIPT_OPENMP)
  target_compile_options(clipt_own_flags INTERFACE -Wno-unknown-pragmas)
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
