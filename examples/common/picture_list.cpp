// Folders and lists of pictures.
#include "picture_list.hpp"

#include <fmt/format.h>

#include <clipt/io/file.hpp>

#include <algorithm>
#include <array>

namespace fs = std::filesystem;

namespace {

bool has_a_pictures_extension(const fs::path& file) {
  constexpr std::array<std::string_view, 17> known = {".jpg", ".jpeg", ".jpe", ".jfif", ".png",  ".apng",
                                                      ".gif", ".webp", ".tif", ".tiff", ".avif", ".bmp",
                                                      ".tga", ".ppm",  ".pgm", ".pbm",  ".pnm"};
  std::string extension = file.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return std::find(known.begin(), known.end(), extension) != known.end();
}

}  // namespace

std::vector<fs::path> command_line::pictures_below(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path, fs::directory_options::skip_permission_denied))
    if (std::error_code loop; entry.is_regular_file(loop) && has_a_pictures_extension(entry.path()))
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

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

std::vector<fs::path> command_line::pictures_of(const fs::path& folder_or_list) {
  if (fs::is_directory(folder_or_list)) return pictures_below(folder_or_list);
  std::vector<fs::path> files;
  for (const std::string& line : lines_of(folder_or_list)) files.push_back(folder_or_list.parent_path() / line);
  return files;
}
