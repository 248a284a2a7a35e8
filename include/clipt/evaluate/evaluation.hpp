// What a trained model can do, in one go: zero-shot accuracy, per group, and retrieval both ways; as text and as JSON.
#pragma once
#include <map>            // map
#include <optional>       // optional
#include <string>         // string
#include <unordered_map>  // unordered_map
#include <vector>         // vector

#include <fmt/format.h>       // format
#include <nlohmann/json.hpp>  // ordered_json

#include <clipt/data/any_dataset.hpp>              // any_dataset
#include <clipt/data/scenes_dataset.hpp>           // scenes_dataset
#include <clipt/evaluate/labelled_evaluation.hpp>  // evaluate_labels
#include <clipt/evaluate/retrieval.hpp>            // evaluate_retrieval

namespace clipt::inline CLIPT_BUILD {

/// What to evaluate on; both parts may be the same data set, whose pictures are then encoded once.
struct evaluation_plan {
  std::optional<any_dataset> labelled;  ///< pictures with labels: zero-shot accuracy
  std::vector<std::string> labels;      ///< all that a picture may be; more than occur is fine
  std::vector<std::string> templates = {"{}"};
  std::optional<prompt_set>
      prompts;  ///< what stands for each of `labels`, which differ; none: the label, in `templates`
  std::string group_key;              ///< column to group accuracy by, or none
  std::optional<any_dataset> paired;  ///< pictures with captions: retrieval
  int seen = 0;                       ///< so many of the pictures were trained on: figures are called that
  bad_samples bad = bad_samples::skip;
  int threads = 0;
};

/// The embedded scenes as they are evaluated: single objects of held-out compositions among all labels, and retrieval
/// on scenes like those of training.
inline evaluation_plan scenes_evaluation(std::uint64_t seed, int labelled = 1000, int paired = 500) {
  evaluation_plan plan;
  plan.labelled = scenes_dataset(seed, labelled, scene_split::held_out);
  plan.labels = all_labels();
  plan.templates = scene_templates();
  plan.paired = scenes_dataset(seed, paired, scene_split::validation);
  return plan;
}

/// Pictures and their texts, one after the other; rows of a table that name the same picture are one.
struct paired_embeddings {
  picture_embeddings pictures;
  std::vector<std::string> captions;             ///< of each picture all, whatever others say
  std::vector<int> wording;                      ///< [captions]: equal for equal ones
  embeddings texts;                              ///< [captions, embed]
  std::vector<std::vector<int>> images_of_text;  ///< [captions]: the row of `pictures`
};

/// What came of a plan; parts that were not planned are absent.
struct evaluation {
  std::optional<labelled_result> labels;
  picture_embeddings labelled_pictures;
  embeddings of_labels;
  std::map<std::string, group_accuracy> groups;
  std::optional<retrieval_result> retrieval;
  paired_embeddings pairs;
  int seen = 0;  ///< pictures that were trained on
};

namespace detail {

/// Some samples of a data set: of those with the same name the first one.
struct different_pictures {
  explicit different_pictures(const any_dataset& data) : data(data) {
    std::unordered_map<std::string, int> known;
    for (int i = 0; i < data.size(); ++i) {
      const auto [at, fresh] = known.emplace(data.name(i), i);
      if (fresh) samples.push_back(i);
      first.push_back(at->second);
    }
  }
  int size() const { return static_cast<int>(samples.size()); }
  image load(int i) const { return data.load(sample(i)); }
  std::string name(int i) const { return data.name(sample(i)); }
  std::string caption(int i, random_stream random) const { return data.caption(sample(i), random); }
  int sample(int i) const { return samples[static_cast<std::size_t>(i)]; }

  any_dataset data;
  std::vector<int> samples;
  std::vector<int> first;  // [data.size()]: the sample that stands for it
};

/// Each picture once: those of `encoded`, which holds all that can be read, or encoded now.
inline picture_embeddings encode_different(const encoders& model, const different_pictures& once,
                                           const picture_embeddings* encoded, bad_samples bad) {
  if (encoded == nullptr) {
    picture_embeddings result = encode_dataset(model, once, bad);
    for (int& i : result.indices) i = once.sample(i);
    return result;
  }
  picture_embeddings result{{0, encoded->values.embed, {}}, {}, encoded->bad};
  for (std::size_t row = 0; row < encoded->indices.size(); ++row) {
    const int i = encoded->indices[row];
    if (once.first[static_cast<std::size_t>(i)] != i) continue;
    const auto values = encoded->values.row(static_cast<dim_t>(row));
    result.values.values.insert(result.values.values.end(), values.begin(), values.end());
    result.indices.push_back(i);
    ++result.values.count;
  }
  return result;
}

/// The captions of the pictures that can be read, in the order of the samples; equal ones are encoded once.
inline paired_embeddings pair_up(const encoders& model, const different_pictures& once, picture_embeddings pictures) {
  paired_embeddings out;
  std::unordered_map<int, int> row_of;
  for (std::size_t row = 0; row < pictures.indices.size(); ++row)
    row_of.emplace(pictures.indices[row], static_cast<int>(row));
  std::unordered_map<std::string, int> known;
  std::vector<std::string> different;
  for (int i = 0; i < once.data.size(); ++i) {
    const auto row = row_of.find(once.first[static_cast<std::size_t>(i)]);
    if (row == row_of.end()) continue;
    for (std::string& caption : once.data.captions(i)) {
      const auto [at, fresh] = known.emplace(caption, static_cast<int>(different.size()));
      if (fresh) different.push_back(caption);
      out.captions.push_back(std::move(caption));
      out.wording.push_back(at->second);
      out.images_of_text.push_back({row->second});
    }
  }
  const embeddings of_wording = model.texts(different);
  out.texts = {static_cast<dim_t>(out.captions.size()), of_wording.embed, {}};
  for (const int number : out.wording) {
    const auto row = of_wording.row(number);
    out.texts.values.insert(out.texts.values.end(), row.begin(), row.end());
  }
  out.pictures = std::move(pictures);
  return out;
}

}  // namespace detail

/// Evaluates a model by a plan. Errors: io_error where a data set has not one picture that can be read, or, if the plan
/// says so, for the first that cannot.
inline evaluation evaluate(const encoders& model, const evaluation_plan& plan) {
  evaluation result;
  result.seen = plan.seen;
  if (plan.labelled) {
    const auto labels = plan.prompts ? plan.labels : distinct(plan.labels);
    // First: it refuses wrong templates at once.
    result.of_labels = label_embeddings(model, plan.prompts ? *plan.prompts : prompt_set{labels, plan.templates});
    result.labelled_pictures = encode_dataset(model, *plan.labelled, plan.bad);
    result.labels = evaluate_labels(result.labelled_pictures, *plan.labelled, labels, result.of_labels, plan.threads);
    if (!plan.group_key.empty())
      result.groups = accuracy_by(*result.labels, [&](int i) { return plan.labelled->value(i, plan.group_key); });
  }
  if (plan.paired) {
    const bool same = plan.labelled && plan.labelled->shares_with(*plan.paired);
    const detail::different_pictures once(*plan.paired);
    result.pairs = detail::pair_up(
        model, once, detail::encode_different(model, once, same ? &result.labelled_pictures : nullptr, plan.bad));
    result.retrieval = evaluate_retrieval(result.pairs.pictures.values, result.pairs.texts, result.pairs.images_of_text,
                                          plan.threads, result.pairs.wording);
  }
  return result;
}

namespace detail {

/// The accuracy of guessing in percent, in two digits: "100", "33", "0.079".
inline std::string chance_text(double share) {
  return share < 0.1 ? fmt::format("{:.2g}", 100 * share) : fmt::format("{:.0f}", 100 * share);
}

}  // namespace detail

/// The figures of an evaluation with their names, for people.
inline std::vector<std::pair<std::string, std::string>> evaluation_figures(const evaluation& e) {
  std::vector<std::pair<std::string, std::string>> out;
  const std::string on = e.seen > 0 ? " on training pictures" : "";
  if (e.labels) {
    out.emplace_back("Zero-shot top-1" + on, fmt::format("{:.1f} % (chance {} %)", 100 * e.labels->top1,
                                                         detail::chance_text(e.labels->chance(1))));
    if (e.labels->has_top5())
      out.emplace_back("Zero-shot top-5" + on, fmt::format("{:.1f} % (chance {} %)", 100 * e.labels->top5,
                                                           detail::chance_text(e.labels->chance(5))));
  }
  const auto recall = [&](const char* name, const recall_summary& r) {
    out.emplace_back(name + on,
                     fmt::format("{:.1f} % (R@5 {:.1f} %, R@10 {:.1f} %)", 100 * r.at1, 100 * r.at5, 100 * r.at10));
  };
  if (e.retrieval) {
    recall("Text of a picture, R@1", e.retrieval->image_to_text);
    recall("Picture of a text, R@1", e.retrieval->text_to_image);
  }
  return out;
}

/// An evaluation as lines of text.
inline std::string evaluation_text(const evaluation& e) {
  std::string out;
  if (e.seen > 0) out = fmt::format("{} of the pictures below were trained on\n", e.seen);
  const auto accuracy = [&](const std::string& name, double top1, double top5, const std::string& more) {
    const std::string five = e.labels->has_top5() ? fmt::format("   top-5 {:5.1f} %", 100 * top5) : "";
    out += fmt::format("{:<28} top-1 {:5.1f} %{}   {}\n", name, 100 * top1, five, more);
  };
  if (e.labels) {
    const labelled_result& l = *e.labels;
    accuracy("zero-shot", l.top1, l.top5, fmt::format("{} pictures, {} labels", l.indices.size(), l.labels.size()));
    out += fmt::format("{:<28} top-1 {:>5} %{}\n", "  chance", detail::chance_text(l.chance(1)),
                       l.has_top5() ? fmt::format("   top-5 {:>5} %", detail::chance_text(l.chance(5))) : "");
    out += fmt::format("{:<28} top-1 {:5.1f} %\n", "  mean per class", 100 * l.mean_per_class());
    for (const auto& [name, group] : e.groups)
      accuracy("  " + name, group.top1, group.top5, fmt::format("{} pictures", group.count));
    if (l.unlisted() > 0) out += fmt::format("{} pictures have a label that is not among those ranked\n", l.unlisted());
  }
  const auto recall = [&](const char* name, const recall_summary& r) {
    out += fmt::format("{:<28} R@1 {:5.1f} %   R@5 {:5.1f} %   R@10 {:5.1f} %   median rank {}\n", name, 100 * r.at1,
                       100 * r.at5, 100 * r.at10, r.median_rank);
  };
  if (e.retrieval) {
    recall("retrieval, picture to text", e.retrieval->image_to_text);
    recall("retrieval, text to picture", e.retrieval->text_to_image);
    out += fmt::format("  among {} pictures and {} texts\n", e.pairs.pictures.indices.size(), e.pairs.captions.size());
  }
  return out;
}

/// An evaluation as JSON: "zero_shot", "groups", "retrieval" with shares in [0, 1], "bad_pictures", and
/// "trained_on" where some pictures were.
inline nlohmann::ordered_json evaluation_json(const evaluation& e) {
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  if (e.seen > 0) out["trained_on"] = e.seen;
  if (e.labels) {
    const labelled_result& l = *e.labels;
    out["zero_shot"] = {{"top1", l.top1},
                        {"top5", l.top5},
                        {"chance_top1", l.chance(1)},
                        {"chance_top5", l.chance(5)},
                        {"pictures", l.indices.size()},
                        {"labels", l.labels.size()},
                        {"unlisted", l.unlisted()},
                        {"mean_per_class", l.mean_per_class()}};
    for (const auto& [name, group] : e.groups)
      out["groups"][name] = {{"top1", group.top1}, {"top5", group.top5}, {"pictures", group.count}};
  }
  const auto recall = [](const recall_summary& r) {
    return nlohmann::ordered_json{
        {"R@1", r.at1}, {"R@5", r.at5}, {"R@10", r.at10}, {"mean_rank", r.mean_rank}, {"median_rank", r.median_rank}};
  };
  if (e.retrieval)
    out["retrieval"] = {{"pictures", e.pairs.pictures.indices.size()},
                        {"texts", e.pairs.captions.size()},
                        {"image_to_text", recall(e.retrieval->image_to_text)},
                        {"text_to_image", recall(e.retrieval->text_to_image)}};
  const bad_sample_summary& bad = e.labels ? e.labels->bad : e.pairs.pictures.bad;
  out["bad_pictures"] = {{"count", bad.count}, {"reasons", nlohmann::ordered_json::array()}};
  for (const auto& [index, reason] : bad.reasons) out["bad_pictures"]["reasons"].push_back(reason);
  return out;
}

}  // namespace clipt::inline CLIPT_BUILD
