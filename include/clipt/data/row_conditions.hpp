// Which rows of a table are kept: `vendor=noto,twemoji;core!=0`, and `name=@file` for the values of another table.
#pragma once
#include <algorithm>      // sort
#include <filesystem>     // path
#include <string>         // string
#include <string_view>    // string_view
#include <unordered_set>  // unordered_set
#include <vector>         // vector

#include <fmt/format.h>  // format
#include <fmt/ranges.h>  // join

#include <clipt/data/option_lists.hpp>  // parts_of, refuse_data
#include <clipt/io/tsv.hpp>             // read_table

namespace clipt::inline CLIPT_BUILD::detail {

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
  for (const std::string_view value : parts_of(text.substr(equals + 1), ",")) {
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
  for (const std::string_view text : parts_of(where, ";")) {
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

}  // namespace clipt::inline CLIPT_BUILD::detail
