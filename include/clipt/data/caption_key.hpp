// Which columns of a table are captions, and which caption of a row is drawn: `name:0.7,keywords*4:0.3`.
#pragma once
#include <algorithm>     // find, min
#include <charconv>      // from_chars
#include <cstdint>       // uint32_t
#include <string>        // string
#include <string_view>   // string_view
#include <system_error>  // errc
#include <utility>       // move, swap
#include <vector>        // vector

#include <fmt/format.h>  // format
#include <fmt/ranges.h>  // join

#include <clipt/core/philox.hpp>        // random_stream
#include <clipt/data/option_lists.hpp>  // parts_of, refuse_data
#include <clipt/io/tsv.hpp>             // table

namespace clipt::inline CLIPT_BUILD::detail {

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

/// One part of a key, such as `keywords*4:0.3`; a column whose own name looks like one with a weight is taken by its
/// name.
inline caption_column read_caption_column(const table& from, std::string_view part) {
  caption_column out;
  const std::string_view whole = part;
  if (std::find(from.columns().begin(), from.columns().end(), part) == from.columns().end()) {
    take_number(part, ':', out.weight);
    take_number(part, '*', out.join);
  }
  if (!(out.weight > 0 && out.weight < 1e9) || out.join < 1)
    refuse_data(from, fmt::format("caption key '{}': weight and count must be positive", whole));
  out.column = from.column(part);
  return out;
}

/// The columns that a caption key names, which draw captions from the cells of any row of that table.
class caption_key {
 public:
  caption_key() = default;
  caption_key(const table& from, std::string_view key, std::string separator) : separator_(std::move(separator)) {
    for (const std::string_view part : parts_of(key, ",")) {
      columns_.push_back(read_caption_column(from, part));
      if (columns_.back().join > 1 && separator_.empty())
        refuse_data(from,
                    fmt::format("caption key '{}': it joins alternatives, and nothing separates them; say what does by "
                                "--csv-caption-separator (csv_options::caption_separator)",
                                part));
    }
    if (columns_.empty()) refuse_data(from, "the caption key names no column");
  }

  bool has_caption(const table& from, std::size_t row) const {
    return std::any_of(columns_.begin(), columns_.end(),
                       [&](const caption_column& c) { return !alternatives(from, row, c).empty(); });
  }

  /// Every alternative of every column, in the order of the key.
  std::vector<std::string> captions(const table& from, std::size_t row) const {
    std::vector<std::string> out;
    for (const caption_column& c : columns_)
      for (const std::string_view part : alternatives(from, row, c)) out.emplace_back(part);
    return out;
  }

  /// The column is drawn by weight among those that are not empty, then one or more of its alternatives. The row must
  /// have a caption.
  std::string draw(const table& from, std::size_t row, random_stream random) const {
    const caption_column& drawn = draw_column(from, row, random);
    std::vector<std::string_view> parts = alternatives(from, row, drawn);
    const auto count = static_cast<std::uint32_t>(parts.size());
    const std::uint32_t taken = 1 + random.below(1, std::min(count, static_cast<std::uint32_t>(drawn.join)));
    for (std::uint32_t k = 0; k < taken; ++k) std::swap(parts[k], parts[k + random.below(2 + k, count - k)]);
    parts.resize(taken);
    return fmt::format("{}", fmt::join(parts, ", "));
  }

 private:
  std::vector<std::string_view> alternatives(const table& from, std::size_t row, const caption_column& c) const {
    return parts_of(from.cell(row, c.column), separator_);
  }

  const caption_column& draw_column(const table& from, std::size_t row, random_stream random) const {
    std::vector<const caption_column*> filled;
    double total = 0;
    for (const caption_column& c : columns_) {
      if (alternatives(from, row, c).empty()) continue;
      filled.push_back(&c);
      total += c.weight;
    }
    double left = random.uniform(0) * total;
    std::size_t drawn = 0;
    while (drawn + 1 < filled.size() && (left -= filled[drawn]->weight) >= 0) ++drawn;
    return *filled[drawn];
  }

  std::vector<caption_column> columns_;
  std::string separator_;
};

}  // namespace clipt::inline CLIPT_BUILD::detail
