// The report of a run: what an evaluation found, gathered with pictures, beside the curves of the run's log.
#pragma once
#include <algorithm>    // partial_sort, sort, stable_sort
#include <filesystem>   // path
#include <map>          // map
#include <numeric>      // iota
#include <string>       // string
#include <string_view>  // string_view
#include <utility>      // pair
#include <vector>       // vector

#include <nlohmann/json.hpp>  // ordered_json

#include <clipt/evaluate/evaluation.hpp>  // evaluation
#include <clipt/train/metrics_log.hpp>    // read_metrics
#include <clipt/report/report.hpp>        // report
#include <clipt/io/png.hpp>               // encode_png

namespace clipt::inline CLIPT_BUILD {

/// How much a report shows.
struct report_size {
  int pairs = 24, retrievals = 3, results = 5, confusions = 12;
  int thumbnail = 64;  ///< pixels
};

namespace detail {

/// As people are to see it, whatever the model is shown.
inline report_picture thumbnail(const any_dataset& data, int i, std::string caption, int side) {
  constexpr preprocessing for_people{.over_white = true, .exif_orientation = true};
  return {encode_png(preprocess_pixels(data.load(i), side, for_people)), std::move(caption)};
}

/// Up to `most` of 0..count-1, evenly spread.
inline std::vector<std::size_t> spread(std::size_t count, int most) {
  const std::size_t taken = std::min(count, static_cast<std::size_t>(most));
  std::vector<std::size_t> out;
  for (std::size_t k = 0; k < taken; ++k) out.push_back(k * count / taken);
  return out;
}

/// Pictures with one text each, spread over the data, and all their cosines.
inline void gather_pairs(report& r, const any_dataset& data, const picture_embeddings& pictures,
                         const embeddings& texts, const std::vector<std::pair<int, int>>& chosen,
                         const std::vector<std::string>& captions, const report_size& size) {
  for (const auto& [row, text] : chosen) {
    r.pairs.push_back(thumbnail(data, pictures.indices[static_cast<std::size_t>(row)],
                                captions[static_cast<std::size_t>(text)], size.thumbnail));
    for (const auto& [unused, other] : chosen)
      r.similarity.push_back(on_cpu::row_dot(pictures.values.row(row).data(), texts.row(other).data(), texts.embed));
  }
}

/// (row of a picture, text) of up to `most` texts whose words are of no other picture.
inline std::vector<std::pair<int, int>> choose_pairs(const paired_embeddings& pairs, int most) {
  std::vector<std::pair<int, int>> unique;
  std::vector<bool> used(pairs.pictures.indices.size());
  std::map<int, int> times;
  for (const int number : pairs.wording) ++times[number];
  for (std::size_t k = 0; k < pairs.images_of_text.size(); ++k) {
    const auto& images = pairs.images_of_text[k];
    if (times[pairs.wording[k]] != 1 || used[static_cast<std::size_t>(images[0])]) continue;
    used[static_cast<std::size_t>(images[0])] = true;
    unique.emplace_back(images[0], static_cast<int>(k));
  }
  std::vector<std::pair<int, int>> out;
  for (const std::size_t k : spread(unique.size(), most)) out.push_back(unique[k]);
  return out;
}

/// (row of a picture, its label) of up to `most` labels, one picture each.
inline std::vector<std::pair<int, int>> choose_labelled(const evaluation& e, int most) {
  std::map<int, int> row_of_sample, first_of_label;
  for (std::size_t row = 0; row < e.labelled_pictures.indices.size(); ++row)
    row_of_sample[e.labelled_pictures.indices[row]] = static_cast<int>(row);
  for (std::size_t i = 0; i < e.labels->indices.size(); ++i)
    if (e.labels->truth[i] >= 0) first_of_label.emplace(e.labels->truth[i], row_of_sample[e.labels->indices[i]]);
  const std::vector<std::pair<int, int>> all(first_of_label.begin(), first_of_label.end());
  std::vector<std::pair<int, int>> out;
  for (const std::size_t k : spread(all.size(), most)) out.emplace_back(all[k].second, all[k].first);
  return out;
}

/// One text's retrieval of pictures: the best few, where its own stands, and its own picture beside it.
inline report_retrieval gather_retrieval(const any_dataset& data, const paired_embeddings& pairs, std::size_t text,
                                         int rank, const report_size& size) {
  const auto& own = pairs.images_of_text[text];
  std::vector<float> cosines(pairs.pictures.indices.size());
  cosine_row(pairs.texts, static_cast<dim_t>(text), pairs.pictures.values, cosines);
  std::vector<int> order(cosines.size());
  std::iota(order.begin(), order.end(), 0);
  const auto is_own = [&](int i) { return std::find(own.begin(), own.end(), i) != own.end(); };
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    const float x = cosines[static_cast<std::size_t>(a)], y = cosines[static_cast<std::size_t>(b)];
    return x != y ? x > y : is_own(a) != is_own(b) ? is_own(b) : a < b;  // its own last among equals, as it is ranked
  });
  const auto picture = [&](int row, std::string caption) {
    return thumbnail(data, pairs.pictures.indices[static_cast<std::size_t>(row)], std::move(caption), size.thumbnail);
  };
  report_retrieval out{picture(own[0], pairs.captions[text]), {}, {}, rank};
  for (int k = 0; k < std::min<int>(size.results, static_cast<int>(order.size())); ++k) {
    const int row = order[static_cast<std::size_t>(k)];
    const int sample = pairs.pictures.indices[static_cast<std::size_t>(row)];
    const auto captions = data.captions(sample);
    out.results.push_back(picture(row, captions.empty() ? "" : captions[0]));
    out.scores.push_back(cosines[static_cast<std::size_t>(row)]);
  }
  return out;
}

/// The texts whose own picture leads by most, and those whose own picture is furthest down.
inline void gather_retrievals(report& r, const any_dataset& data, const evaluation& e, const report_size& size) {
  const paired_embeddings& pairs = e.pairs;
  const std::vector<int>& ranks = e.retrieval->text_to_image.ranks;
  std::vector<double> lead(ranks.size());
  std::vector<float> cosines(pairs.pictures.indices.size());
  for (std::size_t k = 0; k < ranks.size(); ++k) {
    cosine_row(pairs.texts, static_cast<dim_t>(k), pairs.pictures.values, cosines);
    float own = -2, other = -2;
    for (std::size_t i = 0; i < cosines.size(); ++i) {
      const auto& images = pairs.images_of_text[k];
      float& to = std::find(images.begin(), images.end(), static_cast<int>(i)) != images.end() ? own : other;
      to = std::max(to, cosines[i]);
    }
    lead[k] = own - other;
  }
  std::vector<std::size_t> order(ranks.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return ranks[a] != ranks[b] ? ranks[a] < ranks[b] : lead[a] > lead[b];
  });
  const std::size_t shown = std::min(order.size() / 2, static_cast<std::size_t>(size.retrievals));
  for (std::size_t k = 0; k < shown; ++k) {
    const std::size_t best = order[k], worst = order[order.size() - 1 - k];
    r.best.push_back(gather_retrieval(data, pairs, best, ranks[best], size));
    r.worst.push_back(gather_retrieval(data, pairs, worst, ranks[worst], size));
  }
}

/// The most frequent pairs of a label and what was said instead; among equally frequent ones the worst.
inline std::vector<report_confusion> gather_confusions(const any_dataset& data, const labelled_result& l,
                                                       const report_size& size) {
  struct confusion {
    int truth, predicted, count, rank, sample;
  };
  std::map<std::pair<int, int>, confusion> counts;
  for (std::size_t i = 0; i < l.truth.size(); ++i) {
    if (l.truth[i] < 0 || l.predicted[i] == l.truth[i]) continue;
    auto& c =
        counts.try_emplace({l.truth[i], l.predicted[i]}, confusion{l.truth[i], l.predicted[i], 0, 0, l.indices[i]})
            .first->second;
    ++c.count;
    c.rank = std::max(c.rank, l.rank_of_truth[i]);
  }
  std::vector<confusion> order;
  for (const auto& [key, c] : counts) order.push_back(c);
  std::stable_sort(order.begin(), order.end(), [](const confusion& a, const confusion& b) {
    return a.count != b.count ? a.count > b.count : a.rank > b.rank;
  });
  std::vector<report_confusion> out;
  for (std::size_t k = 0; k < std::min(order.size(), static_cast<std::size_t>(size.confusions)); ++k) {
    const std::string& truth = l.labels[static_cast<std::size_t>(order[k].truth)];
    out.push_back({truth, l.labels[static_cast<std::size_t>(order[k].predicted)], order[k].count,
                   thumbnail(data, order[k].sample, truth, size.thumbnail)});
  }
  return out;
}

}  // namespace detail

/// A JSON object as names and values for a report: objects in it are opened, names joined by a dot, empty values left
/// out.
inline std::vector<std::pair<std::string, std::string>> report_configuration(const nlohmann::ordered_json& options) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [name, value] : options.items()) {
    if (value.is_object()) {
      for (auto& [inner, text] : report_configuration(value)) out.emplace_back(name + "." + inner, std::move(text));
      continue;
    }
    std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (!text.empty()) out.emplace_back(name, std::move(text));
  }
  return out;
}

/// Gathers a report from an evaluation and its plan, the log of the run (which may be absent) and its configuration.
inline report make_run_report(std::string title, const evaluation_plan& plan, const evaluation& e,
                              const std::filesystem::path& log,
                              std::vector<std::pair<std::string, std::string>> configuration,
                              const report_size& size = {}) {
  report r;
  r.title = std::move(title);
  r.figures = evaluation_figures(e);
  r.configuration = std::move(configuration);
  if (std::filesystem::exists(log)) {
    const auto lines = read_metrics(log);
    r.curve = report_curve(lines);
    r.validation = report_curve(lines, "validation");
  }
  if (e.retrieval) {
    detail::gather_pairs(r, *plan.paired, e.pairs.pictures, e.pairs.texts, detail::choose_pairs(e.pairs, size.pairs),
                         e.pairs.captions, size);
    detail::gather_retrievals(r, *plan.paired, e, size);
  } else if (e.labels) {
    detail::gather_pairs(r, *plan.labelled, e.labelled_pictures, e.of_labels, detail::choose_labelled(e, size.pairs),
                         e.labels->labels, size);
  }
  if (e.labels) r.confusions = detail::gather_confusions(*plan.labelled, *e.labels, size);
  return r;
}

}  // namespace clipt::inline CLIPT_BUILD
