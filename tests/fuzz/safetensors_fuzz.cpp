// Feeds bytes to safetensors_file.
#include <clipt/io/safetensors.hpp>

#include "reading.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  clipt_test::read_or_refuse<clipt::safetensors_file>({reinterpret_cast<const char*>(data), size});
  return 0;
}
