// What the small languages of a table's options share: lists, and what is said of a mistake.
#pragma once
#include <algorithm>    // min
#include <string_view>  // string_view
#include <vector>       // vector

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>  // io_error
#include <clipt/io/tsv.hpp>      // table

namespace clipt::inline CLIPT_BUILD::detail {

[[noreturn]] inline void refuse_data(const table& from, std::string_view reason) {
  throw io_error(fmt::format("clipt::csv_dataset: {}: {}", from.file(), reason));
}

/// The parts of `text` between separators, without blanks around them and without empty ones; an empty separator
/// separates nothing.
inline std::vector<std::string_view> parts_of(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t end = std::min(separator.empty() ? text.npos : text.find(separator), text.size());
    std::string_view part = text.substr(0, end);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) out.push_back(part);
    text.remove_prefix(std::min(end + separator.size(), text.size()));
  }
  return out;
}

}  // namespace clipt::inline CLIPT_BUILD::detail
