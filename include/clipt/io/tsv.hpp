// Tables in text files: a header line and rows, separated by tabs, commas or whatever the file uses.
#pragma once
#include <algorithm>    // find
#include <cstddef>      // size_t
#include <filesystem>   // path
#include <memory>       // shared_ptr
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

#include <fmt/format.h>  // format
#include <fmt/ranges.h>  // join

#include <clipt/core/error.hpp>    // io_error
#include <clipt/io/file.hpp>       // read_file
#include <clipt/io/utf8_text.hpp>  // text_of

namespace clipt::inline CLIPT_BUILD {

/// A table as it was read: the names of its columns, and its cells row by row.
///
/// Cells are views of one buffer that the copies of a table share; they live as long as any of these copies.
class table {
 public:
  table(std::string file, std::shared_ptr<const std::string> text) : file_(std::move(file)), text_(std::move(text)) {}

  /// The name of the file, as errors call it.
  const std::string& file() const { return file_; }

  const std::vector<std::string_view>& columns() const { return columns_; }
  std::size_t rows() const { return lines_.size(); }

  /// The text in `row` (from 0) and `column` (from 0).
  std::string_view cell(std::size_t row, std::size_t column) const { return cells_[row * columns_.size() + column]; }

  /// The line of the file (from 1) on which `row` begins.
  std::size_t line(std::size_t row) const { return lines_[row]; }

  /// The number of the column called `name`. Errors: io_error with the columns there are, if none or several have it.
  std::size_t column(std::string_view name) const {
    const auto found = std::find(columns_.begin(), columns_.end(), name);
    if (found == columns_.end())
      throw io_error(
          fmt::format("clipt::table: {}: no column '{}'; there are: {}", file_, name, fmt::join(columns_, ", ")));
    if (std::find(found + 1, columns_.end(), name) != columns_.end())
      throw io_error(fmt::format("clipt::table: {}: two columns are called '{}'; there are: {}", file_, name,
                                 fmt::join(columns_, ", ")));
    return static_cast<std::size_t>(found - columns_.begin());
  }

  /// Adds the next record of the file, which is the header the first time; `parse_table` calls it.
  /// Errors: io_error for another number of cells than the header has.
  void add(const std::vector<std::string_view>& record, std::size_t line) {
    if (columns_.empty()) {
      columns_ = record;
      return;
    }
    if (record.size() != columns_.size())
      throw io_error(fmt::format("clipt::read_table: {}: line {}: expected {} cells as in the header, found {}", file_,
                                 line, columns_.size(), record.size()));
    cells_.insert(cells_.end(), record.begin(), record.end());
    lines_.push_back(line);
  }

 private:
  std::string file_;
  std::shared_ptr<const std::string> text_;
  std::vector<std::string_view> columns_, cells_;
  std::vector<std::size_t> lines_;
};

namespace detail {

/// Walks through a table's text, record by record.
struct table_reader {
  std::string& text;  // quoted cells are unescaped in place: they only get shorter
  std::string_view file, separator;
  std::size_t at = 0, line = 1;

  [[noreturn]] void refuse(std::size_t where, std::string_view reason) const {
    throw io_error(fmt::format("clipt::read_table: {}: line {}: {}", file, where, reason));
  }

  bool at_separator() const { return std::string_view(text).substr(at).starts_with(separator); }
  bool at_line_end() const { return at >= text.size() || text[at] == '\n' || text[at] == '\r'; }

  std::string_view plain_cell() {
    const std::size_t begin = at;
    while (!at_line_end() && !at_separator()) ++at;
    return std::string_view(text).substr(begin, at - begin);
  }

  /// RFC 4180: a quote inside is written twice; separators and line ends stand for themselves. What follows the closing
  /// quote belongs to the cell as it stands, as in pandas.
  std::string_view quoted_cell() {
    const std::size_t opened = line, begin = ++at;
    std::size_t end = begin;
    while (true) {
      if (at >= text.size()) refuse(opened, "a quoted cell begins here and never ends");
      if (text[at] == '"' && (++at >= text.size() || text[at] != '"')) break;
      if (text[at] == '\r' || (text[at] == '\n' && text[at - 1] != '\r')) ++line;
      text[end++] = text[at++];
    }
    while (!at_line_end() && !at_separator()) text[end++] = text[at++];
    return std::string_view(text).substr(begin, end - begin);
  }

  /// Goes to the end of the line if only blanks, which are not the separator, lie before it.
  bool skip_blanks() {
    std::size_t end = at;
    while (end < text.size() && (text[end] == ' ' || text[end] == '\t') && text[end] != separator.front()) ++end;
    if (end < text.size() && text[end] != '\n' && text[end] != '\r') return false;
    at = end;
    return true;
  }

  /// Reads one record into `cells`; a line without any text, or of blanks alone, gives none.
  void record(std::vector<std::string_view>& cells) {
    cells.clear();
    if (!skip_blanks()) {
      while (true) {
        cells.push_back(at < text.size() && text[at] == '"' ? quoted_cell() : plain_cell());
        if (!at_separator()) break;
        at += separator.size();
      }
    }
    at += std::string_view(text).substr(at).starts_with("\r\n") ? 2 : 1;
    ++line;
  }
};

}  // namespace detail

/// Takes a table apart that lies in memory; `file` is what errors call it.
///
/// UTF-8, with or without byte order mark, or UTF-16 with one; lines end in LF, CR LF or CR; lines without text
/// other than blanks are passed over. Cells that begin with a quote are quoted as in RFC 4180, whatever separates them.
/// Errors: io_error with line, expected and found for rows of another length than the header (also shorter ones, which
/// pandas fills), open quotes, and, with the column, other bytes; a table without a single row is accepted, one without
/// a header is not. pandas equivalent: read_csv(file, sep=separator, dtype=str, keep_default_na=False).
inline table parse_table(std::string content, std::string file, std::string_view separator = "\t") {
  if (separator.empty() || separator.find_first_of("\"\r\n") != std::string_view::npos)
    throw io_error(
        fmt::format("clipt::read_table: {}: '{}' cannot separate cells; use a tab or a comma", file, separator));
  const auto text = std::make_shared<std::string>(detail::text_of(std::move(content), "clipt::read_table: " + file));
  table out(file, text);
  detail::table_reader reader{*text, file, separator};
  std::vector<std::string_view> cells;
  while (reader.at < text->size()) {
    const std::size_t line = reader.line;
    reader.record(cells);
    if (!cells.empty()) out.add(cells, line);
  }
  if (out.columns().empty())
    throw io_error(fmt::format("clipt::read_table: {}: expected a header line, found nothing", file));
  return out;
}

/// Reads a table from a file; the separator may also be written as the two characters `\t`, as shells pass it.
/// Errors and conversions as parse_table; io_error if the file cannot be read.
inline table read_table(const std::filesystem::path& path, std::string_view separator = "\t") {
  return parse_table(read_file(path), path.string(), separator == "\\t" ? "\t" : separator);
}

}  // namespace clipt::inline CLIPT_BUILD
