// A file that lies in memory, so that a fuzzer can have thousands of them read in a second.
#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

namespace clipt_test {

class memory_file {
 public:
  memory_file() : descriptor_(memfd_create("fuzz", 0)) {}
  memory_file(const memory_file&) = delete;
  memory_file& operator=(const memory_file&) = delete;
  ~memory_file() { close(descriptor_); }

  /// Makes `bytes` the whole content.
  void fill(std::string_view bytes) const {
    if (ftruncate(descriptor_, 0) != 0) std::abort();
    for (std::size_t at = 0; at < bytes.size();) {
      const ssize_t count = pwrite(descriptor_, bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
      if (count <= 0) std::abort();
      at += static_cast<std::size_t>(count);
    }
  }

  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

}  // namespace clipt_test
