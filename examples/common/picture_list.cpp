// Folders and lists of pictures.
#include "picture_list.hpp"

#include <fmt/format.h>

#include <clipt/io/file.hpp>
#include <clipt/io/printable.hpp>
#include <clipt/io/utf8_text.hpp>

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse_list(const fs::path& list, std::string_view found) {
  throw clipt::io_error(fmt::format("{}: expected a folder, or a list with the path of a picture a line, found {}",
                                    list.string(), found));
}

/// What is no list, but has lines all the same, would give a complaint for each of them.
void check_list(const fs::path& list, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    std::error_code failure;
    const fs::file_type type = fs::status(list.parent_path() / line, failure).type();
    if (type != fs::file_type::not_found && type != fs::file_type::none && type != fs::file_type::directory) return;
  }
  refuse_list(
      list, fmt::format("no line of {} that names a file; the first is '{}'; relative paths begin at the list's folder",
                        lines.size(), clipt::detail::printable(lines.front())));
}

}  // namespace

std::vector<std::string> command_line::lines_of(const fs::path& file) {
  const std::string text = clipt::detail::text_of(clipt::read_file(file), file.string());
  if (text.empty()) throw clipt::io_error(fmt::format("{}: an empty file; expected a line or more", file.string()));
  const auto lines = clipt::detail::lines_of(text);
  return {lines.begin(), lines.end()};
}

clipt::picture_walk command_line::pictures_of(const fs::path& folder_or_list) {
  std::error_code failure;
  if (fs::is_directory(folder_or_list, failure)) return clipt::find_pictures(folder_or_list);
  std::string bytes = clipt::read_file(folder_or_list);
  const std::string head = bytes.substr(0, 32);
  if (clipt::detail::begins_as_a_picture(head))
    refuse_list(folder_or_list, "a picture; list its path in a file, or give its folder");
  const bool marked = head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF");
  if (!marked && bytes.find('\0') != std::string::npos) refuse_list(folder_or_list, "bytes that are no text");
  const std::string text =
      clipt::detail::text_of(std::move(bytes), folder_or_list.string(), clipt::detail::other_bytes::kept);
  const std::vector<std::string> lines =
      clipt::detail::list_of(text, folder_or_list.string(), "a path", [](std::string_view line) { return line; });
  check_list(folder_or_list, lines);
  clipt::picture_walk listed;
  for (const std::string& line : lines) listed.files.push_back(folder_or_list.parent_path() / line);
  return listed;
}
