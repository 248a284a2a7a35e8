// Which label was taken for which: counts, a table by class, and a picture.
#pragma once
#include <span>
#include <string>
#include <vector>

/// Counts of pictures by their label and the one that was predicted.
class confusion {
 public:
  /// `truth` and `predicted` are numbers of labels.
  confusion(std::size_t labels, std::span<const int> truth, std::span<const int> predicted);

  int at(std::size_t truth, std::size_t predicted) const { return counts_[truth * labels_ + predicted]; }
  int of_label(std::size_t truth) const;
  int all() const;
  double accuracy() const;
  double mean_per_class() const;

  /// The label that `truth` is mistaken for most often, or itself if it never is.
  std::size_t worst(std::size_t truth) const;

  /// A picture: rows are labels, columns predictions; the darker, the larger the share of its row.
  std::string svg(std::span<const std::string> labels) const;

 private:
  std::size_t labels_;
  std::vector<int> counts_;
};
