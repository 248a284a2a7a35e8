// A folder for readers of several files, in memory where the system has such a place; it goes with its object.
#pragma once
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace clipt_test {

class scratch_folder {
 public:
  scratch_folder() {
    const bool memory = ::access("/dev/shm", W_OK) == 0;
    std::string name = (memory ? "/dev/shm" : std::filesystem::temp_directory_path().string()) + "/clipt_fuzz_XXXXXX";
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  ~scratch_folder() { std::filesystem::remove_all(path_); }

  const std::filesystem::path& path() const { return path_; }

  /// Makes `bytes` the whole content of a file.
  std::filesystem::path fill(const char* name, std::string_view bytes) const {
    std::ofstream file(path_ / name, std::ios::binary);
    file << bytes << std::flush;
    if (!file) std::abort();
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace clipt_test
