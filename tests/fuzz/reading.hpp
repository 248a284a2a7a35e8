// What a fuzzer does with a file of tensors: reads it to the last byte, or has it refused in a sentence.
#pragma once
#include <clipt/core/error.hpp>
#include <clipt/io/tensor_entry.hpp>

#include <cstdlib>
#include <string_view>

#include "memory_file.hpp"

namespace clipt_test {

/// Anything but clipt::error goes through, and ends the fuzzer.
template <class File>
void read_or_refuse(std::string_view bytes) {
  static const memory_file file;
  file.fill(bytes);
  try {
    const File read(file.path());
    for (const clipt::tensor_entry& entry : read.entries()) {
      unsigned sum = 0;
      for (const std::byte byte : entry.bytes) sum += static_cast<unsigned>(byte);
      [[maybe_unused]] static volatile unsigned looked_at = 0;
      looked_at = sum;
      if (clipt::element_count(entry) * clipt::item_size(entry.dtype) != entry.bytes.size()) std::abort();
      if (read.find(entry.name) == nullptr) std::abort();
    }
  } catch (const clipt::error&) {
  }
}

}  // namespace clipt_test
