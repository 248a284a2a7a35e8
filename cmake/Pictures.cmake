# Picture libraries that clipt::clip uses where they are found; without them the same sources compile, and read less.
#
# Each defines CLIPT_<...>, on which the readers of include/clipt/io depend. -DCMAKE_DISABLE_FIND_PACKAGE_<package>=ON leaves
# one out. What was found stands in CLIPT_PICTURE_PACKAGES, for the installed package to find again, and beside it.
set(CLIPT_PICTURE_PACKAGES)
set(CLIPT_PICTURE_TARGETS)
set(CLIPT_PICTURE_DEFINITIONS)
function(clipt_use_picture_library package target definition debian without)
  find_package(${package} QUIET)
  if(NOT ${package}_FOUND)
    message(STATUS "No ${package} (Debian: ${debian}): ${without}")
    return()
  endif()
  target_link_libraries(clipt_clip INTERFACE ${target})
  target_compile_definitions(clipt_clip INTERFACE ${definition})
  set(CLIPT_PICTURE_PACKAGES ${CLIPT_PICTURE_PACKAGES} ${package} PARENT_SCOPE)
  set(CLIPT_PICTURE_TARGETS ${CLIPT_PICTURE_TARGETS} ${target} PARENT_SCOPE)
  set(CLIPT_PICTURE_DEFINITIONS ${CLIPT_PICTURE_DEFINITIONS} ${definition} PARENT_SCOPE)
endfunction()

clipt_use_picture_library(JPEG JPEG::JPEG CLIPT_LIBJPEG libjpeg62-turbo-dev
  "JPEG files are read by stb_image, whose pixels differ a little from Pillow's")
clipt_use_picture_library(GIF GIF::GIF CLIPT_GIFLIB libgif-dev
  "GIF files are read by stb_image, which also reads damaged ones and refuses some that Pillow reads")
clipt_use_picture_library(WebP WebP::WebP CLIPT_LIBWEBP libwebp-dev "WebP files are refused")
clipt_use_picture_library(TIFF TIFF::TIFF CLIPT_LIBTIFF libtiff-dev "TIFF files are refused")
clipt_use_picture_library(AVIF AVIF::AVIF CLIPT_LIBAVIF libavif-dev "AVIF files are refused")
