// A file that only grows: what is appended is on the disk when the call returns.
#pragma once
#include <fcntl.h>   // open
#include <unistd.h>  // write, fdatasync, ftruncate

#include <cerrno>       // errno
#include <cstddef>      // byte
#include <cstdint>      // uint64_t
#include <filesystem>   // path
#include <span>         // span
#include <string_view>  // string_view

#include <clipt/io/file.hpp>  // descriptor, refuse_file

namespace clipt::inline CLIPT_BUILD {

/// Appends to a file, created if there is none. Errors: io_error with the file and the system's reason.
class append_file {
 public:
  /// Opens the file and cuts it to its first `keep` bytes: what a kill has left half written behind them is lost.
  append_file(const std::filesystem::path& path, std::uint64_t keep)
      : path_(path), file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666)), size_(keep) {
    if (!file_) detail::refuse_file("append_file", path_, "cannot be opened", errno);
    if (::ftruncate(file_.number(), static_cast<off_t>(keep)) != 0 ||
        ::lseek(file_.number(), static_cast<off_t>(keep), SEEK_SET) < 0)
      detail::refuse_file("append_file", path_, "cannot be cut", errno);
  }

  void append(std::span<const std::byte> bytes) {
    for (std::span<const std::byte> rest = bytes; !rest.empty();) {
      const ssize_t count = ::write(file_.number(), rest.data(), rest.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) detail::refuse_file("append_file", path_, "cannot be written", errno);
      rest = rest.subspan(static_cast<std::size_t>(count));
    }
    if (::fdatasync(file_.number()) != 0)
      detail::refuse_file("append_file", path_, "cannot be brought to the disk", errno);
    size_ += bytes.size();
  }
  void append(std::string_view text) { append(std::as_bytes(std::span(text))); }

  std::uint64_t size() const { return size_; }

 private:
  std::filesystem::path path_;
  detail::descriptor file_;
  std::uint64_t size_;
};

}  // namespace clipt::inline CLIPT_BUILD
