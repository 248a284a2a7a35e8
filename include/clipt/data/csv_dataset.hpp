// A data set from a table of files: which rows and columns count, and the pictures and captions that they list.
#pragma once
#include <cstdint>      // int64_t
#include <filesystem>   // path
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // move
#include <vector>       // vector

#include <fmt/format.h>  // format

#include <clipt/core/philox.hpp>          // random_stream
#include <clipt/data/caption_key.hpp>     // caption_key
#include <clipt/data/dataset.hpp>         // dataset
#include <clipt/data/option_lists.hpp>    // refuse_data
#include <clipt/data/row_conditions.hpp>  // rows_where
#include <clipt/io/image_file.hpp>        // read_image
#include <clipt/io/tsv.hpp>               // read_table

namespace clipt::inline CLIPT_BUILD {

/// Which rows and columns of a table are the data; names as in open_clip where it has them.
struct csv_options {
  std::string separator = "\t";
  std::string img_key = "filepath";  // column of paths
  std::string img_folder{};          // what relative paths begin at; empty: the table's folder
  /// Columns of captions, one of which is drawn by weight: `name`, `caption1,caption2`, `name:0.7,keywords*4:0.3`.
  /// A cell may hold alternatives where `caption_separator` is given; with `*4` up to four are drawn, joined by commas.
  std::string caption_key = "title";
  std::string caption_separator{};  // what separates the captions in a cell, such as `|`; empty: a cell is one caption
  /// Rows to keep: `vendor=noto,twemoji;core!=0`. A value `@file` stands for the column of that name in another table.
  std::string where{};
  std::string label_key{};  // column of names for zero-shot evaluation, or none
  std::int64_t pixel_limit = default_pixel_limit;
};

/// Pictures and captions that a table lists, row by row.
///
/// Rows without a path or without a caption are left out and counted. Whether the pictures exist shows when they are
/// loaded. Errors: io_error for a table that cannot be read, columns that are not there (with those that are),
/// conditions that name values no row has, and if no row is left.
class csv_dataset {
 public:
  csv_dataset(const std::filesystem::path& file, csv_options options)
      : options_(std::move(options)), folder_(folder_of(file, options_)), table_(read_table(file, options_.separator)) {
    image_ = table_.column(options_.img_key);
    captions_ = {table_, options_.caption_key, options_.caption_separator};
    label_ = options_.label_key.empty() ? table_.columns().size() : table_.column(options_.label_key);
    const auto kept = detail::rows_where(table_, options_.where, options_.separator);
    for (const std::size_t row : kept)
      if (captions_.has_caption(table_, row) && !table_.cell(row, image_).empty()) rows_.push_back(row);
    incomplete_ = static_cast<int>(kept.size() - rows_.size());
    if (kept.empty())
      detail::refuse_data(table_, fmt::format("no row of {} satisfies '{}'", table_.rows(), options_.where));
    if (rows_.empty())
      detail::refuse_data(table_, fmt::format("none of {} rows has a path and a caption", kept.size()));
  }

  int size() const { return static_cast<int>(rows_.size()); }

  /// Rows that satisfied the conditions but had no path or no caption.
  int incomplete() const { return incomplete_; }

  std::filesystem::path path(int i) const { return folder_ / std::filesystem::path(table_.cell(row(i), image_)); }
  std::string name(int i) const { return path(i).string(); }

  /// The decoded picture. Errors: io_error if it is missing, broken, too large or not a picture.
  image load(int i) const { return read_image(path(i), {options_.pixel_limit}); }

  /// A caption: the column is drawn by weight among those that are not empty, then one or more of its alternatives.
  std::string caption(int i, random_stream random) const { return captions_.draw(table_, row(i), random); }

  /// All captions of a sample: every alternative of every column, in the order of the caption key.
  std::vector<std::string> captions(int i) const { return captions_.captions(table_, row(i)); }

  /// The cell of the label column; empty if no such column was asked for.
  std::string label(int i) const {
    return label_ < table_.columns().size() ? std::string(table_.cell(row(i), label_)) : "";
  }

  /// The cell of any column, for instance to group results by.
  std::string value(int i, std::string_view column) const {
    return std::string(table_.cell(row(i), table_.column(column)));
  }

 private:
  /// A relative image folder is taken from the table's folder if it is there, otherwise from where the program runs.
  static std::filesystem::path folder_of(const std::filesystem::path& file, const csv_options& options) {
    const std::filesystem::path asked = options.img_folder, beside = file.parent_path() / asked;
    std::error_code failure;
    return asked.empty() || std::filesystem::is_directory(beside, failure) ? beside : asked;
  }

  std::size_t row(int i) const { return rows_[static_cast<std::size_t>(i)]; }

  csv_options options_;
  std::filesystem::path folder_;
  table table_;
  std::size_t image_ = 0, label_ = 0;
  detail::caption_key captions_;
  std::vector<std::size_t> rows_;
  int incomplete_ = 0;
};

static_assert(dataset<csv_dataset>);

}  // namespace clipt::inline CLIPT_BUILD
