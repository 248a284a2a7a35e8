// Zero-shot accuracy on labelled pictures: every picture among all labels.
#pragma once
#include <algorithm>  // find, count_if
#include <string>     // string
#include <vector>     // vector

#include <clipt/clip/data.hpp>       // dataset
#include <clipt/clip/zero_shot.hpp>  // label_embeddings

namespace clipt {

/// Which label each picture got, and how often that was right.
struct labelled_result {
  double top1 = 0, top5 = 0;       // shares of all pictures
  std::vector<int> truth;          // label number of each picture, -1 without a label
  std::vector<int> predicted;      // the most similar label
  std::vector<int> rank_of_truth;  // from 1
};

/// Finds each picture's label among all `labels`. Pictures that cannot be read throw.
template <class Model, class Data>
labelled_result evaluate_labels(const Model& model, const tokenizer& words, const Data& data, const std::vector<std::string>& labels,
                                const std::vector<std::string>& templates, int threads = 0) {
  const embeddings of_labels = label_embeddings(model, words, labels, templates, threads);
  const embeddings of_images = encode_images(model, data.size(), [&](dim_t i, std::span<float> planes) {
    preprocess(data.load(static_cast<int>(i)), Model::config.vision.image, planes);
  }, threads);
  labelled_result result;
  double top1 = 0, top5 = 0;
  std::vector<float> cosines(labels.size());
  for (int i = 0; i < data.size(); ++i) {
    for (dim_t k = 0; k < of_labels.count; ++k) cosines[static_cast<std::size_t>(k)] = on_cpu::row_dot(of_images.row(i).data(), of_labels.row(k).data(), of_labels.embed);
    const auto found = std::find(labels.begin(), labels.end(), data.label(i));
    const int truth = found == labels.end() ? -1 : static_cast<int>(found - labels.begin());
    const int rank = truth < 0 ? 0 : 1 + static_cast<int>(std::count_if(cosines.begin(), cosines.end(), [&](float c) { return c > cosines[static_cast<std::size_t>(truth)]; }));
    result.truth.push_back(truth);
    result.predicted.push_back(static_cast<int>(on_cpu::first_largest(cosines.data(), of_labels.count)));
    result.rank_of_truth.push_back(rank);
    top1 += rank == 1;
    top5 += rank >= 1 && rank <= 5;
  }
  result.top1 = top1 / std::max(1, data.size());
  result.top5 = top5 / std::max(1, data.size());
  return result;
}

}  // namespace clipt
