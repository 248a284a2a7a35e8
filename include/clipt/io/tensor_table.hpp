// The tensors of a file by name, and what to say when a name is not among them.
#pragma once
#include <algorithm>      // partial_sort, min
#include <cstddef>        // size_t
#include <numeric>        // iota
#include <span>           // span
#include <string>         // string
#include <string_view>    // string_view
#include <unordered_map>  // unordered_map
#include <utility>        // exchange, move
#include <vector>         // vector

#include <fmt/format.h>  // format

#include <clipt/core/error.hpp>       // io_error
#include <clipt/io/printable.hpp>     // printable
#include <clipt/io/tensor_entry.hpp>  // tensor_entry

namespace clipt::inline CLIPT_BUILD::detail {

/// The names most like `wanted`, for messages: one that only lacks or has a prefix comes first, then by edits.
inline std::vector<std::string> near_names(std::string_view wanted, std::span<const tensor_entry> entries) {
  const auto edits = [](std::string_view a, std::string_view b) {  // Levenshtein's distance, one row at a time
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t(0));
    for (std::size_t i = 0; i < a.size(); ++i) {
      std::size_t corner = std::exchange(row[0], i + 1);
      for (std::size_t j = 0; j < b.size(); ++j) {
        const std::size_t replaced = corner + (a[i] != b[j] ? 1 : 0);
        corner = row[j + 1];
        row[j + 1] = std::min({replaced, row[j] + 1, corner + 1});
      }
    }
    return row.back();
  };
  std::vector<std::pair<std::size_t, const std::string*>> found;
  for (const tensor_entry& entry : entries) {
    const std::string_view name = entry.name;
    const bool prefix = !wanted.empty() && !name.empty() && (name.ends_with(wanted) || wanted.ends_with(name));
    const std::size_t distance = prefix ? 0 : edits(wanted, name);
    if (distance <= 2 + wanted.size() / 3) found.emplace_back(distance, &entry.name);
  }
  const auto end = found.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(3, found.size()));
  std::partial_sort(found.begin(), end, found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (auto i = found.begin(); i != end; ++i) names.push_back(printable(*i->second));
  return names;
}

/// Entries in the order given, found by their names, which must all differ.
class tensor_table {
 public:
  /// `source` is what messages begin with: who reads, and which file.
  tensor_table(std::string source, std::vector<tensor_entry> entries)
      : source_(std::move(source)), entries_(std::move(entries)) {
    for (const tensor_entry& entry : entries_) by_name_.emplace(entry.name, &entry);
  }
  tensor_table(tensor_table&&) noexcept = default;
  tensor_table& operator=(tensor_table&&) noexcept = default;

  std::span<const tensor_entry> entries() const { return entries_; }

  const tensor_entry* find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }

  const tensor_entry& at(std::string_view name) const {
    if (const tensor_entry* found = find(name)) return *found;
    const auto near = near_names(name, entries_);
    throw io_error(fmt::format("{}: no tensor '{}' among {}{}{}", source_, printable(name), entries_.size(),
                               near.empty() ? "" : "; most like it: ", joined(near)));
  }

 private:
  std::string source_;
  std::vector<tensor_entry> entries_;
  std::unordered_map<std::string_view, const tensor_entry*> by_name_;  // into entries_, whose elements never move
};

}  // namespace clipt::inline CLIPT_BUILD::detail
