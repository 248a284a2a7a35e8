// The pictures below a folder, and what looks like a picture there and is not read, with the reason.
#pragma once
#include <sys/stat.h>  // stat

#include <algorithm>     // find, min, sort
#include <cstddef>       // size_t
#include <filesystem>    // path, directory_iterator
#include <set>           // set
#include <span>          // as_bytes
#include <string>        // string
#include <string_view>   // string_view
#include <system_error>  // error_code, errc
#include <utility>       // pair, move
#include <vector>        // vector

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>        // io_error
#include <clipt/io/file.hpp>           // read_file
#include <clipt/io/image_formats.hpp>  // format_of

namespace clipt::inline CLIPT_BUILD {

/// A file or folder that pictures were expected in and that is not read.
struct left_out_path {
  std::filesystem::path path;
  std::string reason;

  std::string text() const { return path.string() + ": " + reason; }
};

/// What a walk through a folder has found, each list sorted by path.
struct picture_walk {
  std::vector<std::filesystem::path> files;  ///< by extension or, without a known one, by their first bytes
  std::vector<left_out_path> left_out;       ///< pictures of other kinds, unreadable folders, links that lead nowhere
  std::vector<std::filesystem::path> again;  ///< links to folders that are walked through by another path
};

namespace detail {

/// Pictures by the extensions of their names: `read` are tried, `unread` are of a kind that nothing here decodes.
enum class picture_extension { none, read, unread };

inline picture_extension extension_of(const std::filesystem::path& file) {
  constexpr std::string_view read[] = {".jpg", ".jpeg", ".jpe", ".jfif", ".jfi", ".jif",  ".pjpeg", ".pjp",
                                       ".png", ".apng", ".gif", ".webp", ".tif", ".tiff", ".avif",  ".avifs",
                                       ".bmp", ".dib",  ".tga", ".ppm",  ".pgm", ".pbm",  ".pnm"};
  constexpr std::string_view unread[] = {
      ".heic", ".heif", ".hif", ".jxl", ".jp2", ".j2k", ".jpx", ".psd", ".psb", ".svg", ".svgz", ".ico", ".dds",
      ".exr",  ".hdr",  ".pcx", ".xcf", ".pam", ".pfm", ".xbm", ".xpm", ".sgi", ".qoi", ".eps",  ".wmf", ".emf",
      ".bpg",  ".dng",  ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2", ".pef", ".srw",  ".raw"};
  std::string extension = file.extension().string();
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (std::find(std::begin(read), std::end(read), extension) != std::end(read)) return picture_extension::read;
  const bool other = std::find(std::begin(unread), std::end(unread), extension) != std::end(unread);
  return other ? picture_extension::unread : picture_extension::none;
}

/// Whether a file of another name begins as pictures do; formats with short signatures or none are known by name only.
inline bool begins_as_a_picture(std::string_view head) {
  switch (format_of(std::as_bytes(std::span(head)))) {
    case image_format::png:
    case image_format::jpeg:
    case image_format::gif:
    case image_format::webp:
    case image_format::tiff:
    case image_format::avif: return true;
    default: return false;
  }
}

/// Whether a file of another name begins as pictures do that nothing here decodes: HEIC, JPEG XL, JPEG 2000, PSD.
inline bool begins_as_an_unread_picture(std::string_view head) {
  const std::string_view box = head.substr(std::min<std::size_t>(4, head.size()));
  return head.starts_with("8BPS") || box.starts_with("ftyphei") || box.starts_with("ftyphev") ||
         box.starts_with("JXL ") || box.starts_with("jP  ");
}

/// Walks through folders, real ones before those behind links, and through each once.
class picture_walker {
 public:
  picture_walk walk(const std::filesystem::path& root) {
    folders_.push_back(root);
    while (!folders_.empty() || !links_.empty()) {
      std::filesystem::path next;
      if (folders_.empty()) {
        next = std::move(links_.extract(links_.begin()).value());
      } else {
        next = std::move(folders_.back());
        folders_.pop_back();
      }
      enter(next);
    }
    std::sort(found_.files.begin(), found_.files.end());
    std::sort(found_.left_out.begin(), found_.left_out.end(),
              [](const left_out_path& a, const left_out_path& b) { return a.path < b.path; });
    return std::move(found_);
  }

 private:
  void leave_out(const std::filesystem::path& path, std::string reason) {
    found_.left_out.push_back({path, std::move(reason)});
  }

  void enter(const std::filesystem::path& folder) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) == 0 && !entered_.emplace(status.st_dev, status.st_ino).second) {
      found_.again.push_back(folder);
      return;
    }
    std::error_code failure;
    for (std::filesystem::directory_iterator entry(folder, failure), end; entry != end; entry.increment(failure))
      look_at(entry->path());
    if (failure) leave_out(folder, "this folder cannot be read: " + failure.message());
  }

  void look_at(const std::filesystem::path& path) {
    using std::filesystem::file_type;
    std::error_code failure, ignored;
    const file_type type = std::filesystem::status(path, failure).type();
    const bool link = std::filesystem::symlink_status(path, ignored).type() == file_type::symlink;
    if (type == file_type::directory)
      link ? static_cast<void>(links_.insert(path)) : folders_.push_back(path);
    else if (type == file_type::regular)
      look_at_file(path);
    else if (link && (type == file_type::not_found || failure == std::errc::too_many_symbolic_link_levels))
      leave_out(path, "a link that leads nowhere");
    else if (type == file_type::none || type == file_type::unknown)
      leave_out(path, "cannot be examined: " + failure.message());
    else if (type != file_type::not_found && extension_of(path) != picture_extension::none)
      leave_out(path, "expected a file, found a pipe, a socket or a device");
  }

  void look_at_file(const std::filesystem::path& file) {
    const picture_extension extension = extension_of(file);
    if (extension == picture_extension::unread) {
      leave_out(file, fmt::format("pictures of the kind {} are not read; convert it to PNG or JPEG",
                                  file.extension().string()));
      return;
    }
    try {
      const std::string head = extension == picture_extension::read ? "" : read_file(file, 32);
      if (extension == picture_extension::read || begins_as_a_picture(head))
        found_.files.push_back(file);
      else if (begins_as_an_unread_picture(head))
        leave_out(file,
                  "pictures of this kind (HEIC, JPEG XL, JPEG 2000 or PSD) are not read; convert it to PNG or JPEG");
    } catch (const io_error& e) {
      if (!file.has_extension()) leave_out(file, e.what());  // it may be anything
    }
  }

  picture_walk found_;
  std::vector<std::filesystem::path> folders_;
  std::set<std::filesystem::path> links_;
  std::set<std::pair<dev_t, ino_t>> entered_;
};

}  // namespace detail

/// The pictures below a folder; a path that is no folder is itself, whether it is there or not.
///
/// Links to folders are followed, each folder once (by device and inode), so that circles end; a link to a file is a
/// picture of its own. Throws nothing for what it meets on the way: that is in `left_out`.
inline picture_walk find_pictures(const std::filesystem::path& path) {
  std::error_code failure;
  if (!std::filesystem::is_directory(path, failure)) return {{path}, {}, {}};
  return detail::picture_walker().walk(path);
}

}  // namespace clipt::inline CLIPT_BUILD
