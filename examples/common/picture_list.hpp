// Which pictures a program works on: those of folders, of a list, or files themselves.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace command_line {

/// All pictures below a folder by their extension, sorted by path; a file is itself. Errors: io_error.
std::vector<std::filesystem::path> pictures_below(const std::filesystem::path& path);

/// A folder's pictures, or the paths in a text file, one a line; relative ones begin at the list's folder.
std::vector<std::filesystem::path> pictures_of(const std::filesystem::path& folder_or_list);

/// The lines of a file, without a last empty one. Errors: io_error if there is none.
std::vector<std::string> lines_of(const std::filesystem::path& file);

}  // namespace command_line
