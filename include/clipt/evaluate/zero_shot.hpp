// Zero-shot classification: a label is the mean of what a model makes of sentences about it.
#pragma once
#include <algorithm>  // max, max_element, min, partial_sort
#include <cmath>      // sqrt, exp, isnan
#include <limits>     // numeric_limits
#include <numeric>    // iota
#include <span>       // span
#include <string>     // string
#include <utility>    // move, pair
#include <vector>     // vector

#include <clipt/evaluate/encode.hpp>   // encode_images, encode_texts
#include <clipt/pictures/image.hpp>    // preprocess
#include <clipt/evaluate/prompts.hpp>  // prompt_set

namespace clipt::inline CLIPT_BUILD {

/// The mean of each label's sentences, normalised: [labels, embed] of unit embeddings.
///
/// Label i has the rows from `offsets[i]` to `offsets[i + 1]` of `sentences`, which are unit embeddings.
inline embeddings mean_of_sentences(const embeddings& sentences, std::span<const dim_t> offsets) {
  const auto labels = static_cast<dim_t>(offsets.size()) - 1;
  const dim_t embed = sentences.embed;
  embeddings result{labels, embed, std::vector<float>(static_cast<std::size_t>(labels * embed))};
  for (dim_t i = 0; i < labels; ++i) {
    float* mean = result.values.data() + i * embed;
    for (dim_t k = offsets[static_cast<std::size_t>(i)]; k < offsets[static_cast<std::size_t>(i) + 1]; ++k)
      for (dim_t c = 0; c < embed; ++c) mean[c] += sentences.row(k)[static_cast<std::size_t>(c)];
    const float scale = 1 / std::max(std::sqrt(on_cpu::row_dot(mean, mean, embed)), 1e-12f);
    for (dim_t c = 0; c < embed; ++c) mean[c] *= scale;
  }
  return result;
}

/// One unit embedding per label: those of its sentences, normalised, averaged and normalised again.
///
/// `encode(sentences)` gives unit embeddings; it gets some thousand sentences at once, however many there are.
/// Errors: shape_error for prompts without labels or templates, numeric_error where a label's embedding is zero or not finite.
/// Source: Radford et al., 2021, section 3.1.4.
template <class Encode>
embeddings embed_prompts(const prompt_set& prompts, Encode&& encode) {
  constexpr std::size_t at_once = 4096;
  check_prompts(prompts);
  embeddings result;
  std::vector<std::string> sentences;
  std::vector<dim_t> offsets{0};
  for (std::size_t i = 0; i < prompts.labels.size(); ++i) {
    append_sentences(prompts, i, sentences);
    offsets.push_back(static_cast<dim_t>(sentences.size()));
    if (sentences.size() < at_once && i + 1 < prompts.labels.size()) continue;
    const embeddings part = mean_of_sentences(encode(std::span<const std::string>(sentences)), offsets);
    result.count += part.count;
    result.embed = part.embed;
    result.values.insert(result.values.end(), part.values.begin(), part.values.end());
    sentences.clear();
    offsets = {0};
  }
  for (dim_t i = 0; i < result.count; ++i)
    if (!detail::is_usable(result.row(i)))
      throw numeric_error(fmt::format("clipt::embed_prompts: label '{}': {}",
                                      prompts.labels[static_cast<std::size_t>(i)], detail::unusable_text));
  return result;
}

/// The same with a model's own text encoder.
template <class Model>
embeddings label_embeddings(const Model& model, const tokenizer& words, const prompt_set& prompts, int threads = 0) {
  return embed_prompts(
      prompts, [&](std::span<const std::string> sentences) { return encode_texts(model, words, sentences, threads); });
}

/// softmax(scale cosines) of each picture over all labels: [pictures, labels]. Both are unit embeddings.
inline std::vector<double> label_probabilities(const embeddings& pictures, const embeddings& labels, double scale,
                                               int threads = 0) {
  detail::check_comparable("label_probabilities", pictures, labels);
  std::vector<double> result(static_cast<std::size_t>(pictures.count * labels.count));
  on_cpu::parallel_for(threads, pictures.count, [&](dim_t i) {
    std::vector<float> cosines(static_cast<std::size_t>(labels.count));
    detail::cosine_row(pictures, i, labels, cosines);
    const double best = *std::max_element(cosines.begin(), cosines.end());
    double* row = result.data() + i * labels.count;
    double total = 0;
    for (std::size_t k = 0; k < cosines.size(); ++k) total += row[k] = std::exp(scale * (cosines[k] - best));
    for (std::size_t k = 0; k < cosines.size(); ++k) row[k] /= total;
  });
  return result;
}

/// The positions of the `most` largest numbers, the largest first; of equals the first, and what is no number last.
inline std::vector<int> largest_positions(std::span<const double> x, std::size_t most) {
  std::vector<int> order(x.size());
  std::iota(order.begin(), order.end(), 0);
  most = std::min(most, order.size());
  const auto key = [&](int i) {
    const double value = x[static_cast<std::size_t>(i)];
    return std::isnan(value) ? -std::numeric_limits<double>::infinity() : value;
  };
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most), order.end(),
                    [&](int a, int b) { return key(a) > key(b) || (key(a) == key(b) && a < b); });
  order.resize(most);
  return order;
}

/// Labels and their probabilities, the most probable first.
using label_ranking = std::vector<std::pair<std::string, double>>;

/// Names pictures by words alone; made by `zero_shot`.
///
/// Probabilities are over the labels given and sum to 1: one of them always is the best, fitting or not.
template <class Model>
class zero_shot_classifier {
 public:
  static constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

  zero_shot_classifier(const Model& model, const tokenizer& words, prompt_set prompts, const preprocessing& how = {});

  /// The labels of a picture with their probabilities, the most probable first: all, or the first `most`.
  label_ranking operator()(const image& picture, std::size_t most = all) const;

  /// The same of many pictures, which go through the model in batches.
  std::vector<label_ranking> operator()(std::span<const image> pictures, std::size_t most = all) const;

  /// The same of pictures whose unit embeddings are known, [pictures, embed].
  std::vector<label_ranking> operator()(const embeddings& pictures, std::size_t most = all) const;

  /// The unit embeddings of the labels, [labels, embed].
  const embeddings& of_labels() const { return embeddings_; }

 private:
  const Model& model_;
  embeddings embeddings_;
  std::vector<std::string> labels_;
  preprocessing preprocess_;
};

// Not in the class, where they would be inline: users of models.hpp would compile them again.

template <class Model>
zero_shot_classifier<Model>::zero_shot_classifier(const Model& model, const tokenizer& words, prompt_set prompts,
                                                  const preprocessing& how)
    : model_(model), embeddings_(label_embeddings(model, words, prompts)), labels_(std::move(prompts.labels)),
      preprocess_(how) {}

template <class Model>
label_ranking zero_shot_classifier<Model>::operator()(const image& picture, std::size_t most) const {
  return (*this)(std::span(&picture, 1), most).front();
}

template <class Model>
std::vector<label_ranking> zero_shot_classifier<Model>::operator()(std::span<const image> pictures,
                                                                   std::size_t most) const {
  const auto fill = [&](dim_t i, std::span<float> planes) {
    preprocess(pictures[static_cast<std::size_t>(i)], Model::config.vision.image, planes, preprocess_);
  };
  return (*this)(encode_images(model_, static_cast<dim_t>(pictures.size()), fill), most);
}

template <class Model>
std::vector<label_ranking> zero_shot_classifier<Model>::operator()(const embeddings& pictures, std::size_t most) const {
  const double scale = std::exp(static_cast<double>(model_.logit_scale[0]));
  const std::vector<double> probabilities = label_probabilities(pictures, embeddings_, scale);
  std::vector<label_ranking> result(static_cast<std::size_t>(pictures.count));
  for (std::size_t i = 0; i < result.size(); ++i) {
    const auto row = std::span(probabilities).subspan(i * labels_.size(), labels_.size());
    for (const int k : largest_positions(row, most))
      result[i].emplace_back(labels_[static_cast<std::size_t>(k)], row[static_cast<std::size_t>(k)]);
  }
  return result;
}

/// A classifier by words alone: `zero_shot(model, words, {"a diagram", "a dog", "a cat"})(read_image("CLIP.png"))`.
///
/// Labels are put into `templates`; the default is the label itself. `how` pictures are prepared: for OpenAI's models
/// as by default. The model must outlive the classifier.
/// Errors: shape_error for no label, no template, or a template without one {}.
template <class Model>
zero_shot_classifier<Model> zero_shot(const Model& model, const tokenizer& words, std::vector<std::string> labels,
                                      std::vector<std::string> templates = {"{}"}, const preprocessing& how = {}) {
  return {model, words, {std::move(labels), std::move(templates)}, how};
}

/// The same with labels that have several names, as those of a file may: see prompts_from_file.
template <class Model>
zero_shot_classifier<Model> zero_shot(const Model& model, const tokenizer& words, prompt_set prompts,
                                      const preprocessing& how = {}) {
  return {model, words, std::move(prompts), how};
}

}  // namespace clipt::inline CLIPT_BUILD
