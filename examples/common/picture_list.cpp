// Folders and lists of pictures.
#include "picture_list.hpp"

#include <fmt/format.h>

#include <clipt/io/file.hpp>
#include <clipt/io/printable.hpp>

namespace fs = std::filesystem;

namespace {

/// What looks like a list without being one would give a row of nothing for each of its lines.
void check_list(const fs::path& list, const std::vector<fs::path>& files) {
  std::error_code absent;
  for (const fs::path& file : files)
    if (fs::exists(file, absent)) return;
  throw clipt::io_error(fmt::format(
      "{}: expected a folder, or a list with the path of a picture a line; none of its {} lines names a file that is "
      "there, the first is '{}'; relative paths begin at the list's folder",
      list.string(), files.size(),
      clipt::detail::printable(files.front().lexically_relative(list.parent_path()).string())));
}

}  // namespace

std::vector<std::string> command_line::lines_of(const fs::path& file) {
  std::string text = clipt::read_file(file);
  if (!text.empty() && text.back() == '\n') text.pop_back();
  if (text.empty()) throw clipt::io_error(fmt::format("{}: an empty file; expected a line or more", file.string()));
  std::vector<std::string> lines(1);
  for (const char c : text)
    if (c == '\n')
      lines.emplace_back();
    else if (c != '\r')
      lines.back() += c;
  return lines;
}

clipt::picture_walk command_line::pictures_of(const fs::path& folder_or_list) {
  std::error_code failure;
  if (fs::is_directory(folder_or_list, failure)) return clipt::find_pictures(folder_or_list);
  clipt::picture_walk listed;
  for (const std::string& line : lines_of(folder_or_list)) listed.files.push_back(folder_or_list.parent_path() / line);
  check_list(folder_or_list, listed.files);
  return listed;
}
