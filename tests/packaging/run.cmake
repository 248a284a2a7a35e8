# One step of the packaging tests: installs clipt, or configures, builds and runs a consumer in a scratch folder.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE errors)
  if(NOT result EQUAL 0)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "${command}\n${said}${errors}")
  endif()
  set(said "${said}" PARENT_SCOPE)
endfunction()

if(STEP STREQUAL "install")
  file(REMOVE_RECURSE ${SCRATCH}/moved ${SCRATCH}/installed)
  run(${CMAKE_COMMAND} --install ${CLIPT_BINARY} --prefix ${SCRATCH}/installed)
  file(RENAME ${SCRATCH}/installed ${SCRATCH}/moved)  # a package may not know where it was first put
  return()
endif()

set(options -DCLIPT_TARGET=clipt::clip)
if(STEP STREQUAL "find_package_tensor")  # finds neither fmt nor the rest: tensors need Eigen alone
  set(options -DCLIPT_TARGET=clipt::tensor -DCOMPONENTS=tensor)
  foreach(package IN ITEMS fmt ZLIB OpenSSL nlohmann_json utf8proc stb JPEG GIF WebP TIFF AVIF)
    list(APPEND options -DCMAKE_DISABLE_FIND_PACKAGE_${package}=ON)
  endforeach()
elseif(STEP STREQUAL "find_package_cuda")  # a toolkit that is only names: the target is there, and .cpp files may link it
  set(options -DCLIPT_TARGET=clipt::cuda -DCOMPONENTS=cuda -DCMAKE_MODULE_PATH=${CMAKE_CURRENT_LIST_DIR}/toolkit)
elseif(STEP STREQUAL "add_subdirectory")
  list(APPEND options -DCLIPT_SOURCE=${CLIPT_SOURCE})
elseif(STEP STREQUAL "first_program")  # the README's, with the models compiled once; without their weights it says which file it cannot read
  set(options -DCLIPT_TARGET=clipt::models -DCLIPT_SOURCE=${CLIPT_SOURCE} -DCLIPT_MODELS=ON -DMAIN=${SCRATCH}/first_program.cpp)
  run(awk -f ${CLIPT_SOURCE}/tests/compile_time/first_program.awk ${CLIPT_SOURCE}/README.md)
  file(WRITE ${SCRATCH}/first_program.cpp "${said}")
endif()
file(REMOVE_RECURSE ${SCRATCH}/${STEP})
run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/consumer -B ${SCRATCH}/${STEP} -G ${GENERATOR}
  -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_PREFIX_PATH=${SCRATCH}/moved ${options})
run(${CMAKE_COMMAND} --build ${SCRATCH}/${STEP})
if(STEP STREQUAL "first_program")
  execute_process(COMMAND ${SCRATCH}/${STEP}/consumer ERROR_VARIABLE errors)
  if(NOT errors MATCHES "ViT-B-32.pt")
    message(FATAL_ERROR "the first program says: ${errors}")
  endif()
else()
  run(${SCRATCH}/${STEP}/consumer)
endif()
