// Whole files: read, mapped into memory, and written so that a reader never sees half of one.
#pragma once
#include <fcntl.h>     // open
#include <stdlib.h>    // mkostemps
#include <sys/mman.h>  // mmap
#include <sys/stat.h>  // fchmod, fstat, umask
#include <unistd.h>    // read, write, fsync

#include <algorithm>     // min
#include <cerrno>        // errno
#include <cstddef>       // byte, size_t
#include <cstdint>       // uint64_t
#include <filesystem>    // directory_iterator, path
#include <span>          // span
#include <string>        // string
#include <string_view>   // string_view
#include <system_error>  // error_code, generic_category
#include <utility>       // exchange
#include <vector>        // vector

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>  // io_error

namespace clipt::inline CLIPT_BUILD {

namespace detail {

[[noreturn]] inline void refuse_file(std::string_view function, const std::filesystem::path& path,
                                     std::string_view what, int code) {
  throw io_error(
      fmt::format("clipt::{}: {}: {}: {}", function, path.string(), what, std::generic_category().message(code)));
}

/// An open file, closed when it goes.
class descriptor {
 public:
  explicit descriptor(int number = -1) : number_(number) {}
  descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    if (this != &other) {
      close();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }
  ~descriptor() { close(); }

  int number() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  /// Returns 0, or the system's reason: some network file systems report a failed write only here.
  int close() { return number_ < 0 || ::close(std::exchange(number_, -1)) == 0 ? 0 : errno; }

 private:
  int number_;
};

/// Opens for reading; a folder opens as well, but is refused here, where its name is known.
inline descriptor open_to_read(std::string_view function, const std::filesystem::path& path, std::uint64_t& size) {
  descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) refuse_file(function, path, "cannot be opened", errno);
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) refuse_file(function, path, "cannot be examined", errno);
  if (S_ISDIR(status.st_mode)) refuse_file(function, path, "cannot be opened", EISDIR);
  size = S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
  return file;
}

}  // namespace detail

/// The bytes of a whole file, or its first `most`; pipes are read to their end. Errors: io_error with the file and the
/// system's reason.
inline std::string read_file(const std::filesystem::path& path, std::size_t most = std::string::npos) {
  std::uint64_t size = 0;
  const detail::descriptor file = detail::open_to_read("read_file", path, size);
  // One byte more than expected, so that the end is found without growing; files in /proc call themselves empty.
  std::string out(std::min(static_cast<std::size_t>(size) + 1, most), '\0');
  std::size_t filled = 0;
  while (filled < most) {
    const ssize_t count = ::read(file.number(), out.data() + filled, out.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) detail::refuse_file("read_file", path, fmt::format("cannot be read at byte {}", filled), errno);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
    if (filled == out.size()) out.resize(std::min(out.size() + out.size() / 2 + 4096, most));
  }
  out.resize(filled);
  return out;
}

namespace detail {

/// Where a file really lies: what links lead to, also where nothing is there yet.
inline std::filesystem::path behind_links(std::filesystem::path path) {
  std::error_code none;
  for (int links = 0; std::filesystem::is_symlink(path, none); ++links) {
    if (links == 40) refuse_file("atomic_file", path, "cannot be written", ELOOP);
    const auto target = std::filesystem::read_symlink(path, none);
    if (none) break;
    path = target.is_absolute() ? target : path.parent_path() / target;
  }
  return path;
}

/// The rights of a new file: those that the process gives, as far as can be asked.
inline mode_t usual_mode() {
  static const mode_t mode = [] {
    const mode_t mask = ::umask(0077);
    ::umask(mask);
    return static_cast<mode_t>(0666 & ~mask);
  }();
  return mode;
}

}  // namespace detail

/// A file being written beside its final place: `commit` moves it there whole, and without `commit` it vanishes.
///
/// Until `commit` the old file is untouched, whatever happens; a crash leaves at most a file called `*.tmp`. A symbolic
/// link stays and what it points to is replaced; the rights of an old file stay. Errors: io_error with the file and the
/// system's reason.
class atomic_file {
 public:
  explicit atomic_file(const std::filesystem::path& path) : path_(detail::behind_links(path)) {
    // Renaming onto a device would replace it: as root, `/dev/null` is soon a file.
    struct stat old {};
    const bool exists = ::stat(path_.c_str(), &old) == 0;
    if (exists && !S_ISREG(old.st_mode))
      throw io_error(fmt::format("clipt::atomic_file: {}: expected a file, found a folder or a device", path.string()));
    std::string name = path_.string() + ".XXXXXX.tmp";
    file_ = detail::descriptor(::mkostemps(name.data(), 4, O_CLOEXEC));
    if (!file_) detail::refuse_file("atomic_file", path_, "cannot be written", errno);
    temporary_ = name;
    static_cast<void>(::fchmod(file_.number(), exists ? old.st_mode & 07777 : detail::usual_mode()));
  }
  atomic_file(const atomic_file&) = delete;
  atomic_file& operator=(const atomic_file&) = delete;
  ~atomic_file() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
  }

  /// Appends bytes.
  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(file_.number(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0)
        detail::refuse_file("atomic_file", path_, fmt::format("cannot be written at byte {}", size_), errno);
      bytes.remove_prefix(static_cast<std::size_t>(count));
      size_ += static_cast<std::uint64_t>(count);
    }
  }
  void write(std::span<const std::byte> bytes) {
    write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }

  /// Bytes written so far.
  std::uint64_t size() const { return size_; }

  /// Brings the bytes to the disk and the file to its place, in this order; a second call is an error.
  void commit() {
    if (::fsync(file_.number()) != 0) detail::refuse_file("atomic_file", path_, "cannot be brought to the disk", errno);
    if (const int code = file_.close()) detail::refuse_file("atomic_file", path_, "cannot be closed", code);
    if (::rename(temporary_.c_str(), path_.c_str()) != 0)
      detail::refuse_file("atomic_file", path_, "cannot be put in its place", errno);
    temporary_.clear();
    // Without this a power failure may bring the old file back, whole. Some file systems cannot do it: no error.
    const auto folder = path_.has_parent_path() ? path_.parent_path() : std::filesystem::path(".");
    const detail::descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory) static_cast<void>(::fsync(directory.number()));
  }

 private:
  std::filesystem::path path_, temporary_;
  detail::descriptor file_;
  std::uint64_t size_ = 0;
};

/// Writes a file whole or not at all, as `atomic_file` does. Errors: io_error with the file and the system's reason.
inline void write_file_atomically(const std::filesystem::path& path, std::string_view bytes) {
  atomic_file file(path);
  file.write(bytes);
  file.commit();
}

/// Which file one that a kill left half written was to become, or empty: `a.npy` for `a.npy.Xq3b0Z.tmp`.
inline std::string_view finished_name(std::string_view unfinished) {
  constexpr std::string_view end = ".tmp", letters = ".XXXXXX";
  if (!unfinished.ends_with(end)) return {};
  unfinished.remove_suffix(end.size());
  const std::size_t dot = unfinished.rfind('.');
  return dot != unfinished.npos && dot + letters.size() == unfinished.size() ? unfinished.substr(0, dot)
                                                                             : std::string_view();
}

/// Removes from a folder what a kill left half written of the files whose names `written` takes.
///
/// What cannot be removed or listed stays. Precondition: nobody is writing these files.
template <class Written>
void remove_unfinished(const std::filesystem::path& folder, const Written& written) {
  std::vector<std::filesystem::path> left;
  std::error_code failure;
  for (std::filesystem::directory_iterator at(folder, failure), end; !failure && at != end; at.increment(failure)) {
    const std::string name = at->path().filename().string();
    const std::string_view finished = finished_name(name);
    if (!finished.empty() && written(finished)) left.push_back(at->path());
  }
  for (const auto& file : left) std::filesystem::remove(file, failure);
}

/// A file's bytes as memory, read only and brought in by the system when they are looked at.
///
/// Replacing the file (as `atomic_file` does) leaves the mapping intact; shortening it in place makes a later look at
/// the lost part a bus error. Errors: io_error with the file and the system's reason.
class mapped_file {
 public:
  explicit mapped_file(const std::filesystem::path& path) {
    std::uint64_t size = 0;
    const detail::descriptor file = detail::open_to_read("mapped_file", path, size);
    if (size == 0) return;  // mmap refuses to map nothing
    void* data = ::mmap(nullptr, static_cast<std::size_t>(size), PROT_READ, MAP_PRIVATE, file.number(), 0);
    if (data == MAP_FAILED) detail::refuse_file("mapped_file", path, "cannot be mapped into memory", errno);
    bytes_ = {static_cast<const std::byte*>(data), static_cast<std::size_t>(size)};
  }
  mapped_file(mapped_file&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  mapped_file& operator=(mapped_file&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~mapped_file() {
    if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  }

  /// The whole file; valid as long as this object or the one it was moved to lives.
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace clipt::inline CLIPT_BUILD
