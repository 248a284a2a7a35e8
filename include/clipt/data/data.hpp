// Data sets: pictures with captions, from tables of files or drawn by the program.
#pragma once
#include <algorithm>      // find, min, sort
#include <charconv>       // from_chars
#include <concepts>       // convertible_to, same_as
#include <cstdint>        // int64_t
#include <filesystem>     // path
#include <string>         // string
#include <string_view>    // string_view
#include <unordered_set>  // unordered_set
#include <utility>        // move, swap
#include <vector>         // vector

#include <fmt/format.h>  // format
#include <fmt/ranges.h>  // join

#include <clipt/pictures/image.hpp>  // flatten
#include <clipt/data/scenes.hpp>     // plan_scene, describe, draw_picture
#include <clipt/core/error.hpp>      // io_error
#include <clipt/core/philox.hpp>     // random_stream
#include <clipt/io/image_file.hpp>   // read_image
#include <clipt/io/tsv.hpp>          // read_table

namespace clipt::inline CLIPT_BUILD {

/// Samples 0 to size() - 1: a picture, what it is called in messages, and a caption drawn from a random stream.
///
/// All of it may be called from several threads at once. `load` throws io_error for a picture that cannot be used.
template <class D>
concept dataset = requires(const D& data, int i, random_stream random) {
  { data.size() } -> std::convertible_to<int>;
  { data.load(i) } -> std::same_as<image>;
  { data.name(i) } -> std::convertible_to<std::string>;
  { data.caption(i, random) } -> std::convertible_to<std::string>;
};

/// Which rows and columns of a table are the data; names as in open_clip where it has them.
struct csv_options {
  std::string separator = "\t";
  std::string img_key = "filepath";  // column of paths
  std::string img_folder{};          // what relative paths begin at; empty: the table's folder
  /// Columns of captions, one of which is drawn by weight: `name`, `caption1,caption2`, `name:0.7,keywords*4:0.3`.
  /// A cell may hold alternatives, separated by `|`; one is drawn, or with `*4` up to four, joined by commas.
  std::string caption_key = "title";
  /// Rows to keep: `vendor=noto,twemoji;core!=0`. A value `@file` stands for the column of that name in another table.
  std::string where{};
  std::string label_key{};  // column of names for zero-shot evaluation, or none
  bool over_white = true;   // lay transparent pictures over white; otherwise alpha is left to the preprocessing
  std::int64_t pixel_limit = default_pixel_limit;
  bool exif_orientation = false;  // turn pictures as their EXIF data say
};

namespace detail {

[[noreturn]] inline void refuse_data(const table& from, std::string_view reason) {
  throw io_error(fmt::format("clipt::csv_dataset: {}: {}", from.file(), reason));
}

/// The parts of `text` between separators, without blanks around them and without empty ones.
inline std::vector<std::string_view> parts_of(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    std::string_view part = text.substr(0, end);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) out.push_back(part);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

/// One column of captions: how often it is drawn, and how many of its alternatives are joined at most.
struct caption_column {
  std::size_t column = 0;
  double weight = 1;
  int join = 1;
};

/// Takes the number after the last `mark` off the end of `text`; leaves both alone if there is none.
template <class Number>
bool take_number(std::string_view& text, char mark, Number& number) {
  const std::size_t at = text.rfind(mark);
  if (at == std::string_view::npos) return false;
  const std::string_view digits = text.substr(at + 1);
  Number read{};
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), read);
  if (status != std::errc{} || end != digits.data() + digits.size()) return false;
  number = read;
  text = text.substr(0, at);
  return true;
}

/// Reads a caption_key; a column whose own name looks like one with a weight is taken by its name.
inline std::vector<caption_column> read_caption_key(const table& from, std::string_view key) {
  std::vector<caption_column> out;
  for (std::string_view part : parts_of(key, ',')) {
    caption_column one;
    const std::string_view whole = part;
    if (std::find(from.columns().begin(), from.columns().end(), part) == from.columns().end()) {
      take_number(part, ':', one.weight);
      take_number(part, '*', one.join);
    }
    if (!(one.weight > 0 && one.weight < 1e9) || one.join < 1)
      refuse_data(from, fmt::format("caption key '{}': weight and count must be positive", whole));
    one.column = from.column(part);
    out.push_back(one);
  }
  if (out.empty()) refuse_data(from, "the caption key names no column");
  return out;
}

/// One condition of `where`: the cell is (or, negated, is not) one of the values.
struct row_condition {
  std::size_t column = 0;
  bool negated = false;
  std::unordered_set<std::string> values;
};

inline std::unordered_set<std::string> column_values(const table& from, std::size_t column) {
  std::unordered_set<std::string> out;
  for (std::size_t row = 0; row < from.rows(); ++row) out.emplace(from.cell(row, column));
  return out;
}

inline row_condition read_condition(const table& from, std::string_view text, const std::string& separator) {
  const std::size_t equals = text.find('=');
  const bool negated = equals != std::string_view::npos && equals > 0 && text[equals - 1] == '!';
  const std::string_view name = text.substr(0, equals == std::string_view::npos ? 0 : equals - (negated ? 1 : 0));
  if (name.empty())
    refuse_data(from, fmt::format("condition '{}': expected column=value,... or column!=value,...", text));
  row_condition out{from.column(name), negated, {}};
  for (const std::string_view value : parts_of(text.substr(equals + 1), ',')) {
    if (!value.starts_with('@')) {
      out.values.emplace(value);
      continue;
    }
    const table other = read_table(std::filesystem::path(value.substr(1)), separator);
    out.values.merge(column_values(other, other.column(name)));
  }
  if (out.values.empty()) out.values.emplace();  // `column=`: the cell is empty
  return out;
}

/// A value that no row has is a slip of the keyboard, which would otherwise train on less than was asked for.
inline void check_values(const table& from, const row_condition& condition, std::string_view text) {
  if (text.find('@') != std::string_view::npos) return;
  const auto there = column_values(from, condition.column);
  for (const std::string& value : condition.values) {
    if (there.contains(value)) continue;
    std::vector<std::string> some(there.begin(), there.end());
    std::sort(some.begin(), some.end());
    const bool all = some.size() <= 20;
    if (!all) some.resize(20);
    refuse_data(from, fmt::format("condition '{}': no row has the value '{}'; there are: {}{}", text, value,
                                  fmt::join(some, ", "), all ? "" : ", ..."));
  }
}

/// The rows that satisfy all conditions.
inline std::vector<std::size_t> rows_where(const table& from, std::string_view where, const std::string& separator) {
  std::vector<row_condition> conditions;
  for (const std::string_view text : parts_of(where, ';')) {
    conditions.push_back(read_condition(from, text, separator));
    check_values(from, conditions.back(), text);
  }
  std::vector<std::size_t> out;
  for (std::size_t row = 0; row < from.rows(); ++row) {
    bool keep = true;
    for (const row_condition& c : conditions)
      keep = keep && c.values.contains(std::string(from.cell(row, c.column))) != c.negated;
    if (keep) out.push_back(row);
  }
  return out;
}

}  // namespace detail

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
    captions_ = detail::read_caption_key(table_, options_.caption_key);
    label_ = options_.label_key.empty() ? table_.columns().size() : table_.column(options_.label_key);
    const auto kept = detail::rows_where(table_, options_.where, options_.separator);
    for (const std::size_t row : kept) {
      bool caption = false;
      for (const auto& c : captions_) caption = caption || !detail::parts_of(table_.cell(row, c.column), '|').empty();
      if (caption && !table_.cell(row, image_).empty()) rows_.push_back(row);
    }
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
  image load(int i) const {
    image picture = read_image(path(i), {options_.pixel_limit, options_.exif_orientation});
    return options_.over_white && picture.has_alpha() ? flatten(picture) : picture;
  }

  /// A caption: the column is drawn by weight among those that are not empty, then one or more of its alternatives.
  std::string caption(int i, random_stream random) const {
    double total = 0;
    for (const auto& c : captions_) total += filled(i, c) ? c.weight : 0;
    double left = random.uniform(0) * total;
    const detail::caption_column* drawn = nullptr;
    for (const auto& c : captions_) {
      if (!filled(i, c)) continue;
      if (drawn != nullptr && left < 0) break;
      drawn = &c;
      left -= c.weight;
    }
    auto parts = detail::parts_of(table_.cell(row(i), drawn->column), '|');
    const auto count = static_cast<std::uint32_t>(parts.size());
    const std::uint32_t taken = 1 + random.below(1, std::min(count, static_cast<std::uint32_t>(drawn->join)));
    for (std::uint32_t k = 0; k < taken; ++k) std::swap(parts[k], parts[k + random.below(2 + k, count - k)]);
    parts.resize(taken);
    return fmt::format("{}", fmt::join(parts, ", "));
  }

  /// All captions of a sample: every alternative of every column, in the order of the caption key.
  std::vector<std::string> captions(int i) const {
    std::vector<std::string> out;
    for (const auto& c : captions_)
      for (const std::string_view part : detail::parts_of(table_.cell(row(i), c.column), '|')) out.emplace_back(part);
    return out;
  }

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
  bool filled(int i, const detail::caption_column& c) const {
    return !detail::parts_of(table_.cell(row(i), c.column), '|').empty();
  }

  csv_options options_;
  std::filesystem::path folder_;
  table table_;
  std::size_t image_ = 0, label_ = 0;
  std::vector<detail::caption_column> captions_;
  std::vector<std::size_t> rows_;
  int incomplete_ = 0;
};

/// The embedded scenes as a data set: pictures are drawn when they are asked for, captions differ from draw to draw.
class scenes_dataset {
 public:
  scenes_dataset(std::uint64_t seed, int count, scene_split split = scene_split::training)
      : seed_(seed), count_(count), split_(split) {}

  int size() const { return count_; }
  std::string name(int i) const { return fmt::format("scene {}", i); }
  image load(int i) const { return draw_picture(plan(i)); }

  /// Another caption for each stream; of a validation scene it always tells everything.
  std::string caption(int i, random_stream random) const {
    return describe(plan(i), random, split_ == scene_split::validation ? caption_detail::full : caption_detail::varied);
  }

  /// "<colour> <shape>" of a scene with one object, empty otherwise.
  std::string label(int i) const { return scene_label(plan(i)); }

  scene_plan plan(int i) const { return plan_scene(seed_, i, split_); }

 private:
  std::uint64_t seed_;
  int count_;
  scene_split split_;
};

static_assert(dataset<csv_dataset> && dataset<scenes_dataset>);

/// The different labels of a data set in the order of their first appearance, without the empty one.
template <dataset D>
std::vector<std::string> labels_of(const D& data) {
  std::vector<std::string> out;
  std::unordered_set<std::string> seen;
  for (int i = 0; i < data.size(); ++i)
    if (std::string label = data.label(i); !label.empty() && seen.insert(label).second) out.push_back(std::move(label));
  return out;
}

}  // namespace clipt::inline CLIPT_BUILD
