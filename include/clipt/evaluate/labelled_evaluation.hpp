// Zero-shot accuracy on labelled pictures: every picture among all labels.
#pragma once
#include <algorithm>      // any_of, count, max, max_element, min
#include <map>            // map
#include <string>         // string
#include <unordered_map>  // unordered_map
#include <vector>         // vector

#include <clipt/evaluate/encoders.hpp>   // encoders, encode_dataset
#include <clipt/evaluate/retrieval.hpp>  // rank_of_best
#include <clipt/evaluate/zero_shot.hpp>  // label_embeddings

namespace clipt::inline CLIPT_BUILD {

/// Which label each picture got, and how often that was right. Pictures without a label are left out.
struct labelled_result {
  double top1 = 0, top5 = 0;        ///< shares of the pictures evaluated
  std::vector<std::string> labels;  ///< ranked against, each once
  std::vector<int> indices;         ///< samples of the data set, one per picture evaluated; what follows is as long
  std::vector<int> truth;           ///< number of its label, -1 for one that is not among `labels`: never right
  std::vector<int> predicted;       ///< the most similar label
  std::vector<int> rank_of_truth;   ///< from 1; 0 where truth is -1
  bad_sample_summary bad;           ///< pictures that cannot be read

  /// The mean over the listed labels that occur of their top-1 accuracy: what the paper reports of uneven data sets.
  double mean_per_class() const {
    std::map<int, std::pair<int, int>> classes;  // right, all
    for (std::size_t i = 0; i < truth.size(); ++i) {
      if (truth[i] < 0) continue;
      auto& [right, all] = classes[truth[i]];
      right += rank_of_truth[i] == 1;
      ++all;
    }
    double sum = 0;
    for (const auto& [label, of] : classes) sum += of.first / static_cast<double>(of.second);
    return classes.empty() ? 0 : sum / static_cast<double>(classes.size());
  }
  /// The accuracy of guessing.
  double chance(int k) const { return std::min(1.0, k / static_cast<double>(std::max<std::size_t>(1, labels.size()))); }
  /// Whether five answers say more than that there are five labels.
  bool has_top5() const { return labels.size() >= 5; }
  int unlisted() const { return static_cast<int>(std::count(truth.begin(), truth.end(), -1)); }
};

/// The labels, each once, in the order of their first appearance.
inline std::vector<std::string> distinct(const std::vector<std::string>& labels) {
  std::vector<std::string> out;
  std::unordered_map<std::string, bool> seen;
  for (const std::string& label : labels)
    if (seen.emplace(label, true).second) out.push_back(label);
  return out;
}

/// Finds the most similar label of each picture, and the rank of its own; `truth` is [images], -1 for unknown.
///
/// What is exactly as similar as the own label counts as before it. Errors: shape_error where numbers do not fit.
inline labelled_result classify(const embeddings& images, const embeddings& labels, std::vector<int> truth,
                                int threads = 0) {
  detail::check_comparable("classify", images, labels);
  labelled_result result;
  const auto count = static_cast<std::size_t>(images.count);
  if (truth.size() != count || std::any_of(truth.begin(), truth.end(), [&](int k) { return k >= labels.count; }))
    throw shape_error(fmt::format(
        "clipt::classify: {} pictures, {} labels: truth has the number of a label for each "
        "picture, or -1; it has {} numbers up to {}",
        count, labels.count, truth.size(), truth.empty() ? -1 : *std::max_element(truth.begin(), truth.end())));
  result.truth = std::move(truth);
  result.predicted.resize(count);
  result.rank_of_truth.resize(count);
  on_cpu::parallel_for(threads, images.count, [&](dim_t i) {
    const auto at = static_cast<std::size_t>(i);
    std::vector<float> cosines(static_cast<std::size_t>(labels.count));
    detail::cosine_row(images, i, labels, cosines);
    result.predicted[at] = static_cast<int>(on_cpu::first_largest(cosines.data(), labels.count));
    result.rank_of_truth[at] =
        result.truth[at] < 0 ? 0 : detail::rank_of_best(cosines, std::span(&result.truth[at], 1));
  });
  for (const int rank : result.rank_of_truth) {  // counts first: a sum of shares may exceed 1
    result.top1 += rank == 1;
    result.top5 += rank >= 1 && rank <= 5;
  }
  if (count > 0) {
    result.top1 /= static_cast<double>(count);
    result.top5 /= static_cast<double>(count);
  }
  return result;
}

/// Classifies the pictures that `pictures` holds of `data` by labels whose embeddings are given; labels are matched by
/// their exact text.
template <dataset Data>
labelled_result evaluate_labels(const picture_embeddings& pictures, const Data& data, std::vector<std::string> labels,
                                const embeddings& of_labels, int threads = 0) {
  std::unordered_map<std::string, int> number;
  for (std::size_t k = 0; k < labels.size(); ++k) number.emplace(labels[k], static_cast<int>(k));
  embeddings labelled{0, pictures.values.embed, {}};
  std::vector<int> truth, indices;
  for (std::size_t row = 0; row < pictures.indices.size(); ++row) {
    const std::string label = data.label(pictures.indices[row]);
    if (label.empty()) continue;
    const auto found = number.find(label);
    truth.push_back(found == number.end() ? -1 : found->second);
    indices.push_back(pictures.indices[row]);
    const auto values = pictures.values.row(static_cast<dim_t>(row));
    labelled.values.insert(labelled.values.end(), values.begin(), values.end());
    ++labelled.count;
  }
  labelled_result result = classify(labelled, of_labels, std::move(truth), threads);
  result.labels = std::move(labels);
  result.indices = std::move(indices);
  result.bad = pictures.bad;
  return result;
}

/// One unit embedding per label, from encoders; see the same of a model.
inline embeddings label_embeddings(const encoders& model, const prompt_set& prompts) {
  return embed_prompts(prompts, model.texts);
}

/// Finds each picture's label among all `labels`, which are put into `templates`.
///
/// Pictures that cannot be read are left out and named, or with `bad_samples::fatal` an io_error.
template <class Model, dataset Data>
labelled_result evaluate_labels(const Model& model, const tokenizer& words, const Data& data,
                                const std::vector<std::string>& labels, const std::vector<std::string>& templates,
                                int threads = 0, bad_samples bad = bad_samples::fatal) {
  const encoders both = encoders_of(model, words, threads);
  const auto once = distinct(labels);
  return evaluate_labels(encode_dataset(both, data, bad), data, once, label_embeddings(both, {once, templates}),
                         threads);
}

/// Top-1 and top-5 of a group of pictures, and how many there are.
struct group_accuracy {
  double top1 = 0, top5 = 0;
  int count = 0;
};

/// The accuracy per group, for instance of a column: `group(sample)` names it.
template <class Group>
std::map<std::string, group_accuracy> accuracy_by(const labelled_result& result, Group&& group) {
  std::map<std::string, group_accuracy> groups;
  for (std::size_t i = 0; i < result.indices.size(); ++i) {
    group_accuracy& of = groups[group(result.indices[i])];
    const int rank = result.rank_of_truth[i];
    ++of.count;
    of.top1 += rank == 1;
    of.top5 += rank >= 1 && rank <= 5;
  }
  for (auto& [name, of] : groups) {
    of.top1 /= of.count;
    of.top5 /= of.count;
  }
  return groups;
}

}  // namespace clipt::inline CLIPT_BUILD
