// Counting and drawing confusions.
#include "confusion.hpp"

#include <algorithm>
#include <numeric>

confusion::confusion(std::size_t labels, std::span<const int> truth, std::span<const int> predicted)
    : labels_(labels), counts_(labels * labels) {
  for (std::size_t i = 0; i < truth.size(); ++i)
    if (truth[i] >= 0) ++counts_[static_cast<std::size_t>(truth[i]) * labels_ + static_cast<std::size_t>(predicted[i])];
}

int confusion::of_label(std::size_t truth) const {
  const auto row = counts_.begin() + static_cast<std::ptrdiff_t>(truth * labels_);
  return std::accumulate(row, row + static_cast<std::ptrdiff_t>(labels_), 0);
}

double confusion::accuracy() const {
  int right = 0;
  for (std::size_t k = 0; k < labels_; ++k) right += at(k, k);
  return right / static_cast<double>(std::max(1, std::accumulate(counts_.begin(), counts_.end(), 0)));
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

clipt::image confusion::picture() const {
  const std::size_t cell = std::clamp<std::size_t>(640 / std::max<std::size_t>(1, labels_), 2, 24);
  const int side = static_cast<int>(cell * labels_);
  clipt::image out = clipt::blank_image(side, side, 3, clipt::pixel_mode::rgb);
  for (std::size_t y = 0; y < cell * labels_; ++y)
    for (std::size_t x = 0; x < cell * labels_; ++x) {
      const std::size_t truth = y / cell, predicted = x / cell;
      const double share = at(truth, predicted) / static_cast<double>(std::max(1, of_label(truth)));
      const auto faded = [&](int full) { return static_cast<std::uint8_t>(255 - share * (255 - full)); };
      std::uint8_t* pixel = out.pixels.data() + 3 * (y * cell * labels_ + x);
      pixel[0] = faded(truth == predicted ? 20 : 200);
      pixel[1] = faded(truth == predicted ? 90 : 40);
      pixel[2] = faded(truth == predicted ? 160 : 40);
    }
  return out;
}
