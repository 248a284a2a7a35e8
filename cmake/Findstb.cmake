# stb::stb, the include path of stb_image.h; clipt compiles the implementation itself, so there is no library.
find_path(stb_INCLUDE_DIR stb_image.h PATH_SUFFIXES stb)
mark_as_advanced(stb_INCLUDE_DIR)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(stb REQUIRED_VARS stb_INCLUDE_DIR)
if(stb_FOUND AND NOT TARGET stb::stb)
  add_library(stb::stb INTERFACE IMPORTED GLOBAL)
  set_target_properties(stb::stb PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${stb_INCLUDE_DIR})
endif()
