// A model's two encoders without its type, so that evaluation is compiled once; embeddings of a data set's pictures.
#pragma once
#include <algorithm>   // fill
#include <cmath>       // exp
#include <functional>  // function
#include <span>        // span
#include <string>      // string
#include <vector>      // vector

#include <clipt/evaluate/encode.hpp>  // embeddings, encode_images, encode_texts
#include <clipt/data/samples.hpp>     // bad_samples, bad_sample_log

namespace clipt::inline CLIPT_BUILD {

/// Functions from texts and from normalised pictures to unit embeddings. They refer to the model, which must live on.
struct encoders {
  using fill_picture = std::function<void(dim_t, std::span<float>)>;

  int side = 0;      ///< of the pictures, in pixels
  int embed = 0;     ///< the width of an embedding
  double scale = 0;  ///< what the model multiplies cosines by: exp(logit_scale)
  std::function<embeddings(std::span<const std::string>)> texts;
  std::function<embeddings(dim_t count, const fill_picture&)> pictures;    ///< see encode_images
  preprocessing preprocess{};                                              ///< what is done to pictures before
  std::function<embeddings(dim_t count, const fill_picture&)> features{};  ///< for linear probes: see encode_features
};

/// The encoders of a model; `threads` as everywhere (0: all).
template <class Model>
encoders encoders_of(const Model& model, const tokenizer& words, int threads = 0, const preprocessing& how = {}) {
  return {Model::config.vision.image,
          Model::config.embed,
          std::exp(static_cast<double>(model.logit_scale[0])),
          [&model, &words, threads](std::span<const std::string> texts) {
            return encode_texts(model, words, texts, threads);
          },
          [&model, threads](dim_t count, const encoders::fill_picture& fill) {
            return encode_images(model, count, fill, threads);
          },
          how,
          [&model, threads](dim_t count, const encoders::fill_picture& fill) {
            return encode_features(model, count, fill, threads);
          }};
}

/// The embeddings or features of those pictures of a data set that can be read.
struct picture_embeddings {
  embeddings values;         ///< [indices.size(), embed]
  std::vector<int> indices;  ///< which samples the rows are of
  bad_sample_summary bad;    ///< the others
};

namespace detail {

/// What `encode`, one of the model's functions, makes of `count` pictures, of `load(i)`; those that cannot be read, brought
/// to the model's size or embedded are told to `refuse(i, error)`, and what their rows hold means nothing.
template <class Encode, class Load, class Refuse>
embeddings encode_readable(const encoders& model, const Encode& encode, dim_t count, Load&& load, Refuse&& refuse) {
  embeddings all = encode(count, [&](dim_t i, std::span<float> planes) {
    try {
      preprocess(load(i), model.side, planes, model.preprocess);
    } catch (const error& e) {
      refuse(i, e);
      std::fill(planes.begin(), planes.end(), 0.f);
    }
  });
  for (dim_t i = 0; i < count; ++i)
    if (!is_usable(all.row(i))) refuse(i, numeric_error(unusable_text));
  return all;
}

template <dataset Data, class Encode>
picture_embeddings encode_readable(const encoders& model, const Encode& encode, const Data& data, bad_samples bad) {
  bad_sample_log log(data.size());
  const embeddings all = encode_readable(
      model, encode, data.size(), [&](dim_t i) { return data.load(static_cast<int>(i)); },
      [&](dim_t i, const error& e) {
        if (bad == bad_samples::fatal) throw io_error(e.what());
        log.note(static_cast<int>(i), e.what());
      });
  picture_embeddings result{{0, all.embed, {}}, {}, log.summary()};
  for (int i = 0; i < data.size(); ++i) {
    if (log.known(i)) continue;
    result.indices.push_back(i);
    result.values.values.insert(result.values.values.end(), all.row(i).begin(), all.row(i).end());
  }
  result.values.count = static_cast<dim_t>(result.indices.size());
  if (result.indices.empty()) throw io_error(fmt::format("clipt::encode_dataset: {}", result.bad.text(data.size(), 3)));
  return result;
}

}  // namespace detail

/// Reads, preprocesses and encodes all pictures of a data set: unit embeddings.
///
/// Pictures that cannot be read are left out and named, or, with `bad_samples::fatal`, an io_error; none at all that
/// can be read is one, too.
template <dataset Data>
picture_embeddings encode_dataset(const encoders& model, const Data& data, bad_samples bad = bad_samples::skip) {
  return detail::encode_readable(model, model.pictures, data, bad);
}

/// The same for linear probes: features before the projection, not of unit length; see encode_features.
template <dataset Data>
picture_embeddings encode_dataset_features(const encoders& model, const Data& data,
                                           bad_samples bad = bad_samples::skip) {
  return detail::encode_readable(model, model.features, data, bad);
}

}  // namespace clipt::inline CLIPT_BUILD
