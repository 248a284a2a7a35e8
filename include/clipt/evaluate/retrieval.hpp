// Retrieval both ways: how far up the ranking a picture's own texts are, and a text's own pictures.
#pragma once
#include <algorithm>  // max, sort
#include <limits>     // numeric_limits
#include <span>       // span
#include <vector>     // vector

#include <fmt/format.h>  // format

#include <clipt/evaluate/encode.hpp>  // embeddings
#include <clipt/core/error.hpp>       // shape_error

namespace clipt::inline CLIPT_BUILD {

/// Ranks of the right answers, from 1, and what they say: shares of queries in [0, 1], mean and median rank.
struct recall_summary {
  double at1 = 0, at5 = 0, at10 = 0, mean_rank = 0, median_rank = 0;
  std::vector<int> ranks;  ///< one per query
};

/// Retrieval both ways.
struct retrieval_result {
  recall_summary image_to_text, text_to_image;
};

/// The summary of ranks; the median of an even number of them is the mean of the middle two.
inline recall_summary summarise_ranks(std::vector<int> ranks) {
  recall_summary result;
  const double count = std::max(1.0, static_cast<double>(ranks.size()));
  for (const int rank : ranks) {  // counts first: a sum of shares may exceed 1
    result.at1 += rank <= 1;
    result.at5 += rank <= 5;
    result.at10 += rank <= 10;
    result.mean_rank += rank;
  }
  for (double* const figure : {&result.at1, &result.at5, &result.at10, &result.mean_rank}) *figure /= count;
  std::vector<int> sorted = ranks;
  std::sort(sorted.begin(), sorted.end());
  if (!sorted.empty()) result.median_rank = (sorted[(sorted.size() - 1) / 2] + sorted[sorted.size() / 2]) / 2.0;
  result.ranks = std::move(ranks);
  return result;
}

namespace detail {

/// The rank of the best of `own` in a row of cosines. What equals it counts as before it, and so does a NaN: a model
/// that says the same of everything is the worst, not perfect. But of answers with the same number in `wording`, which
/// nothing tells apart, those behind it stay behind it.
inline int rank_of_best(std::span<const float> cosines, std::span<const int> own, std::span<const int> wording = {}) {
  float best = -std::numeric_limits<float>::infinity();
  for (const int i : own) best = std::max(best, cosines[static_cast<std::size_t>(i)]);
  const auto stays_behind = [&](std::size_t i) {
    return !wording.empty() && std::ranges::any_of(own, [&](int mine) {
      const auto at = static_cast<std::size_t>(mine);
      return at < i && cosines[at] == best && wording[at] == wording[i];
    });
  };
  const auto counts = [&](std::size_t i) { return !(cosines[i] < best) && !stays_behind(i); };
  int ahead = 0;
  for (std::size_t i = 0; i < cosines.size(); ++i) ahead += counts(i);
  for (const int i : own) ahead -= counts(static_cast<std::size_t>(i));
  return 1 + ahead;
}

inline std::vector<int> ranks_of(const embeddings& queries, const embeddings& answers,
                                 const std::vector<std::vector<int>>& own, std::span<const int> wording, int threads) {
  std::vector<int> ranks(own.size());
  on_cpu::parallel_for(threads, queries.count, [&](dim_t i) {
    std::vector<float> cosines(static_cast<std::size_t>(answers.count));
    cosine_row(queries, i, answers, cosines);
    ranks[static_cast<std::size_t>(i)] = rank_of_best(cosines, own[static_cast<std::size_t>(i)], wording);
  });
  return ranks;
}

}  // namespace detail

/// Retrieval among unit embeddings where text k belongs to the pictures `images_of_text[k]`, one or several each.
///
/// A picture's rank is that of the best of its texts, a text's that of the best of its pictures, from 1; what is
/// exactly as similar counts as before it. Where pictures share words, each has a text of its own, as in CLIP_benchmark;
/// `wording`, [texts], gives texts of the same words the same number: they are ranked among each other as they come.
/// Errors: shape_error if a text belongs to no picture, a picture has no text, or numbers do not fit.
inline retrieval_result evaluate_retrieval(const embeddings& images, const embeddings& texts,
                                           const std::vector<std::vector<int>>& images_of_text, int threads = 0,
                                           std::span<const int> wording = {}) {
  if (images.embed != texts.embed || static_cast<dim_t>(images_of_text.size()) != texts.count ||
      (!wording.empty() && wording.size() != images_of_text.size()))
    throw shape_error(fmt::format(
        "clipt::evaluate_retrieval: images [{}, {}], texts [{}, {}], pictures given for {} texts, wordings for {}",
        images.count, images.embed, texts.count, texts.embed, images_of_text.size(), wording.size()));
  std::vector<std::vector<int>> texts_of_image(static_cast<std::size_t>(images.count));
  for (std::size_t k = 0; k < images_of_text.size(); ++k) {
    if (images_of_text[k].empty())
      throw shape_error(fmt::format("clipt::evaluate_retrieval: text {} belongs to no picture", k));
    for (const int i : images_of_text[k]) {
      if (i < 0 || i >= images.count)
        throw shape_error(
            fmt::format("clipt::evaluate_retrieval: text {} belongs to picture {} of {}", k, i, images.count));
      texts_of_image[static_cast<std::size_t>(i)].push_back(static_cast<int>(k));
    }
  }
  for (std::size_t i = 0; i < texts_of_image.size(); ++i)
    if (texts_of_image[i].empty())
      throw shape_error(fmt::format("clipt::evaluate_retrieval: picture {} has no text", i));
  return {summarise_ranks(detail::ranks_of(images, texts, texts_of_image, wording, threads)),
          summarise_ranks(detail::ranks_of(texts, images, images_of_text, {}, threads))};
}

/// The same where each text belongs to one picture: `image_of_text` is [texts].
inline retrieval_result evaluate_retrieval(const embeddings& images, const embeddings& texts,
                                           std::span<const int> image_of_text, int threads = 0) {
  std::vector<std::vector<int>> images_of_text;
  for (const int i : image_of_text) images_of_text.push_back({i});
  return evaluate_retrieval(images, texts, images_of_text, threads);
}

}  // namespace clipt::inline CLIPT_BUILD
