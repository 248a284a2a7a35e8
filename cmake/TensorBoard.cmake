# tensorboard_files: the event files of train_clip --report-to tensorboard; without its libraries it refuses. For programs only.
add_library(tensorboard_files STATIC ${PROJECT_SOURCE_DIR}/examples/tensorboard/tensorboard.cpp)
target_link_libraries(tensorboard_files PUBLIC clipt::clipt PRIVATE clipt_own_flags)
find_package(Protobuf QUIET)
find_package(ISAL QUIET)
if(Protobuf_FOUND AND Protobuf_PROTOC_EXECUTABLE AND ISAL_FOUND)
  protobuf_generate_cpp(event_sources event_headers ${PROJECT_SOURCE_DIR}/examples/tensorboard/events.proto)
  add_library(tensorboard_messages STATIC ${event_sources})  # without clipt_own_flags: protoc has its own warnings
  target_include_directories(tensorboard_messages SYSTEM PUBLIC ${CMAKE_CURRENT_BINARY_DIR})
  target_link_libraries(tensorboard_messages PUBLIC protobuf::libprotobuf-lite)
  target_link_libraries(tensorboard_files PUBLIC tensorboard_messages ISAL::ISAL)
  target_compile_definitions(tensorboard_files PUBLIC CLIPT_TENSORBOARD)
else()
  message(STATUS "No Protobuf or ISAL (Debian: libprotobuf-dev, protobuf-compiler, libisal-dev): train_clip refuses "
    "--report-to tensorboard")
endif()
