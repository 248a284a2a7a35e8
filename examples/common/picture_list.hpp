// Which pictures a program works on: those of a folder or of a list.
#pragma once
#include <clipt/io/picture_walk.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace command_line {

/// A folder's pictures, or the paths in a text file, one a line; relative ones begin at the list's folder.
/// Errors: io_error for a file that is no such list: none of its lines names a file that is there.
clipt::picture_walk pictures_of(const std::filesystem::path& folder_or_list);

/// The lines of a text file. Errors: io_error if there is none, and with line and column for what is no text.
std::vector<std::string> lines_of(const std::filesystem::path& file);

}  // namespace command_line
