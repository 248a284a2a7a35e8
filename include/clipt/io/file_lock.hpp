// One process at a time: a folder that only its holder may write to.
#pragma once
#include <sys/file.h>  // flock

#include <cerrno>      // errno
#include <filesystem>  // path

#include <clipt/io/file.hpp>  // descriptor, refuse_file

namespace clipt::inline CLIPT_BUILD {

/// Holds a file, made if there is none, until it goes or its process ends, however that ends.
///
/// Errors: io_error at once if another process holds it.
class file_lock {
 public:
  explicit file_lock(const std::filesystem::path& path)
      : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    if (!file_) detail::refuse_file("file_lock", path, "cannot be opened", errno);
    if (::flock(file_.number(), LOCK_EX | LOCK_NB) != 0)
      detail::refuse_file("file_lock", path,
                          errno == EWOULDBLOCK ? "another process is writing here; wait for it" : "cannot be locked",
                          errno);
  }

 private:
  detail::descriptor file_;
};

}  // namespace clipt::inline CLIPT_BUILD
