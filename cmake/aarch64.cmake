# Toolchain of scripts/test.sh --aarch64: Debian's cross compiler, qemu, and the packages of scripts/aarch64_root.sh.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)

set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES CLIPT_AARCH64_ROOT)
set(CMAKE_FIND_ROOT_PATH ${CLIPT_AARCH64_ROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
foreach(kind IN ITEMS LIBRARY INCLUDE PACKAGE)
  set(CMAKE_FIND_ROOT_PATH_MODE_${kind} ONLY)
endforeach()
set(CMAKE_BUILD_RPATH ${CLIPT_AARCH64_ROOT}/usr/lib/aarch64-linux-gnu)
