// Counting and drawing confusions.
#include "confusion.hpp"

#include <fmt/format.h>

#include <clipt/report/report_text.hpp>

#include <algorithm>
#include <numeric>

namespace {

constexpr int cell = 14;  // pixels

constexpr const char* svg_start =
    R"svg(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {0}" width="{0}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="white"/>
)svg";
constexpr const char* svg_names =
    R"svg(<text x="{0}" y="{1}" text-anchor="end">{2}</text><text transform="translate({1},{0}) rotate(-90)">{2}</text>
)svg";
constexpr const char* svg_square =
    R"svg(<rect x="{0}" y="{1}" width="{2}" height="{2}" fill="{3}" fill-opacity="{4:.3f}"><title>{5}</title></rect>
)svg";

}  // namespace

confusion::confusion(std::size_t labels, std::span<const int> truth, std::span<const int> predicted)
    : labels_(labels), counts_(labels * labels) {
  for (std::size_t i = 0; i < truth.size(); ++i)
    if (truth[i] >= 0) ++counts_[static_cast<std::size_t>(truth[i]) * labels_ + static_cast<std::size_t>(predicted[i])];
}

int confusion::of_label(std::size_t truth) const {
  const auto row = counts_.begin() + static_cast<std::ptrdiff_t>(truth * labels_);
  return std::accumulate(row, row + static_cast<std::ptrdiff_t>(labels_), 0);
}

int confusion::all() const { return std::accumulate(counts_.begin(), counts_.end(), 0); }

double confusion::accuracy() const {
  int right = 0;
  for (std::size_t k = 0; k < labels_; ++k) right += at(k, k);
  return right / static_cast<double>(std::max(1, all()));
}

double confusion::mean_per_class() const {
  double sum = 0;
  int seen = 0;
  for (std::size_t k = 0; k < labels_; ++k)
    if (const int all = of_label(k); all > 0) {
      sum += at(k, k) / static_cast<double>(all);
      ++seen;
    }
  return sum / std::max(1, seen);
}

std::size_t confusion::worst(std::size_t truth) const {
  std::size_t found = truth;
  for (std::size_t k = 0; k < labels_; ++k)
    if (k != truth && at(truth, k) > (found == truth ? 0 : at(truth, found))) found = k;
  return found;
}

std::string confusion::svg(std::span<const std::string> labels) const {
  std::vector<std::string> names;
  std::size_t longest = 0;
  for (const std::string& label : labels) {
    names.push_back(clipt::detail::escape_html(label));
    longest = std::max(longest, label.size());
  }
  const int margin = 20 + 7 * static_cast<int>(longest), side = margin + cell * static_cast<int>(labels_ + 1);
  const auto place = [&](std::size_t k) { return margin + cell * static_cast<int>(k); };
  std::string out = fmt::format(svg_start, side);
  for (std::size_t k = 0; k < labels_; ++k) {
    out += fmt::format(svg_names, margin - 6, place(k) + 11, names[k]);
    for (std::size_t j = 0; j < labels_; ++j)
      if (const int count = at(k, j); count > 0)
        out += fmt::format(svg_square, place(j), place(k), cell - 1, j == k ? "#145aa0" : "#c82828",
                           count / static_cast<double>(of_label(k)),
                           fmt::format("{} is called {}: {} of {}", names[k], names[j], count, of_label(k)));
  }
  return out + "</svg>\n";
}
