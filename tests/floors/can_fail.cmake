# Runs the check of floors over a tree of wrong headers and compares what it says with expected.txt, line by line.
execute_process(COMMAND ${CMAKE_COMMAND} -DROOT=${CMAKE_CURRENT_LIST_DIR}/wrong -P ${CHECK}
  RESULT_VARIABLE result ERROR_VARIABLE said OUTPUT_QUIET)
if(result EQUAL 0)
  message(FATAL_ERROR "the check of floors accepts a tree of wrong headers")
endif()
string(REGEX REPLACE "CMake Error.*" "" said "${said}")
file(READ ${CMAKE_CURRENT_LIST_DIR}/expected.txt expected)
if(NOT said STREQUAL expected)
  message(FATAL_ERROR "the check of floors says\n${said}\nand not, as expected,\n${expected}")
endif()
