// Zero-shot classification: a label is the mean of what a model makes of sentences about it.
#pragma once
#include <algorithm>  // sort
#include <cmath>      // sqrt, exp
#include <span>       // span
#include <string>     // string
#include <utility>    // pair
#include <vector>     // vector

#include <clipt/clip/encode.hpp>  // encode_texts
#include <clipt/clip/image.hpp>   // preprocess

namespace clipt {

/// A template with the label in the place of "{}".
inline std::string fill_template(const std::string& sentence, const std::string& label) {
  const std::size_t at = sentence.find("{}");
  if (at == std::string::npos)
    throw shape_error("clipt::zero_shot: the template '" + sentence + "' has no {} for the label");
  return sentence.substr(0, at) + label + sentence.substr(at + 2);
}

/// The mean of each label's sentences, which follow one another, normalised: [labels, embed] of unit embeddings.
inline embeddings mean_of_sentences(const embeddings& sentences, dim_t labels) {
  const dim_t each = labels == 0 ? 0 : sentences.count / labels, embed = sentences.embed;
  embeddings result{labels, embed, std::vector<float>(static_cast<std::size_t>(labels * embed))};
  for (dim_t i = 0; i < labels; ++i) {
    float* row = result.values.data() + i * embed;
    for (dim_t k = i * each; k < (i + 1) * each; ++k)
      for (dim_t c = 0; c < embed; ++c) row[c] += sentences.values[static_cast<std::size_t>(k * embed + c)];
    const float scale = 1 / std::sqrt(on_cpu::row_dot(row, row, embed));
    for (dim_t c = 0; c < embed; ++c) row[c] *= scale;
  }
  return result;
}

/// One unit embedding per label: those of its sentences, normalised, averaged and normalised again.
/// Source: Radford et al., 2021, section 3.1.4.
template <class Model>
embeddings label_embeddings(const Model& model, const tokenizer& words, std::span<const std::string> labels,
                            std::span<const std::string> templates, int threads = 0) {
  std::vector<std::string> sentences;
  for (const auto& label : labels)
    for (const auto& sentence : templates) sentences.push_back(fill_template(sentence, label));
  return mean_of_sentences(encode_texts(model, words, sentences, threads), static_cast<dim_t>(labels.size()));
}

/// The labels of one picture with their probabilities, the most probable first.
template <class Model>
class zero_shot_classifier {
 public:
  zero_shot_classifier(const Model& model, const tokenizer& words, std::vector<std::string> labels,
                       const std::vector<std::string>& templates, const preprocessing& how = {})
      : model_(model), labels_(std::move(labels)), embeddings_(label_embeddings(model, words, labels_, templates)),
        preprocess_(how) {}

  std::vector<std::pair<std::string, double>> operator()(const image& picture) const {
    const embeddings one = encode_images(model_, 1, [&](dim_t, std::span<float> planes) {
      preprocess(picture, Model::config.vision.image, planes, preprocess_);
    });
    const double scale = std::exp(static_cast<double>(model_.logit_scale[0]));
    std::vector<std::pair<std::string, double>> result;
    double total = 0;
    for (dim_t i = 0; i < embeddings_.count; ++i) {
      const double cosine = on_cpu::row_dot(one.values.data(), embeddings_.row(i).data(), one.embed);
      result.emplace_back(labels_[static_cast<std::size_t>(i)], std::exp(scale * (cosine - 1)));
      total += result.back().second;
    }
    for (auto& [label, probability] : result) probability /= total;
    std::stable_sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    return result;
  }

 private:
  const Model& model_;
  std::vector<std::string> labels_;
  embeddings embeddings_;
  preprocessing preprocess_;
};

/// A classifier by words alone: `zero_shot(model, words, {"a diagram", "a dog", "a cat"})(read_image("CLIP.png"))`.
///
/// Labels are put into `templates`; the default is the label itself. `how` pictures are prepared: for OpenAI's models
/// as by default. The model must outlive the classifier.
template <class Model>
zero_shot_classifier<Model> zero_shot(const Model& model, const tokenizer& words, std::vector<std::string> labels,
                                      const std::vector<std::string>& templates = {"{}"},
                                      const preprocessing& how = {}) {
  return {model, words, std::move(labels), templates, how};
}

}  // namespace clipt
