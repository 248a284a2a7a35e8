# Installs headers and a package that find_package(clipt [COMPONENTS tensor clip models cuda]) reads.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/clipt)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/clipt DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN *.hpp PATTERN *.cuh PATTERN *.cu)
# One file per component: who asks for tensor alone needs none of what clip needs.
foreach(component IN ITEMS tensor clip models)
  if(TARGET clipt_${component})
    install(TARGETS clipt_${component} EXPORT clipt-${component})
    install(EXPORT clipt-${component} NAMESPACE clipt:: DESTINATION ${package_dir})
  endif()
endforeach()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/clipt-config.cmake.in ${PROJECT_BINARY_DIR}/clipt-config.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/clipt-config-version.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/clipt-config.cmake ${PROJECT_BINARY_DIR}/clipt-config-version.cmake
  ${PROJECT_SOURCE_DIR}/cmake/clipt-cuda.cmake ${PROJECT_SOURCE_DIR}/cmake/Findutf8proc.cmake ${PROJECT_SOURCE_DIR}/cmake/Findstb.cmake
  ${PROJECT_SOURCE_DIR}/cmake/FindWebP.cmake ${PROJECT_SOURCE_DIR}/cmake/FindAVIF.cmake DESTINATION ${package_dir})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
