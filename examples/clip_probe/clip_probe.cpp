// clip_probe: how well a model names the pictures of a labelled set, by words alone and by a linear probe.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <clipt/evaluate/labelled_evaluation.hpp>
#include <clipt/evaluate/linear_probe.hpp>
#include <clipt/train/progress.hpp>
#include <clipt/io/file.hpp>
#include <clipt/io/json_text.hpp>

#include "../common/classes.hpp"
#include "../common/command_line.hpp"
#include "../common/model_flags.hpp"
#include "../common/seen_pictures.hpp"
#include "confusion.hpp"

#include <limits>
#include <optional>
#include <unordered_map>

namespace {

namespace fs = std::filesystem;

struct probe_command {
  command_line::model_flags model;
  clipt::csv_options csv;
  std::string test, train, train_where;
  command_line::class_flags classes;
  fs::path picture;
  std::optional<double> c;
  bool json = false;
};

/// What a probe is fitted to or tried on.
struct labelled_features {
  clipt::embeddings values;
  std::vector<int> labels;

  void add(const labelled_features& from, std::size_t i) {
    const auto row = from.values.row(static_cast<clipt::dim_t>(i));
    values.values.insert(values.values.end(), row.begin(), row.end());
    ++values.count;
    labels.push_back(from.labels[i]);
  }
};

/// The pictures that have a label, with its number.
labelled_features with_labels(const clipt::picture_embeddings& pictures, const clipt::any_dataset& data,
                              const std::unordered_map<std::string, int>& numbers) {
  labelled_features all{pictures.values, {}}, labelled{{0, pictures.values.embed, {}}, {}};
  for (const int i : pictures.indices) {
    const auto found = numbers.find(data.label(i));
    all.labels.push_back(found == numbers.end() ? -1 : found->second);
  }
  for (std::size_t i = 0; i < all.labels.size(); ++i)
    if (all.labels[i] >= 0) labelled.add(all, i);
  return labelled;
}

/// One way of naming, evaluated.
struct outcome {
  std::string name;
  confusion counts;
  double top5 = 0;
  std::optional<double> c = {};
};

/// Labels behind the classes that words are of are never named rightly.
outcome by_words(const probe_command& c, const models::model& model, const labelled_features& test,
                 const clipt::prompt_set& prompts, std::size_t labels) {
  const int classes = static_cast<int>(prompts.labels.size());
  std::vector<int> truth = test.labels;
  for (int& k : truth) k = k < classes ? k : -1;
  const auto found =
      clipt::classify(test.values, clipt::label_embeddings(model.encode, prompts), std::move(truth), c.model.threads);
  return {"zero-shot", confusion(labels, test.labels, found.predicted), found.top5};
}

/// The share of pictures whose label is among the five that score most; what scores as much counts as before it.
double top5_of(const clipt::linear_classifier& probe, const labelled_features& test, int threads) {
  const std::vector<double> scores = probe.scores(test.values, threads);
  int right = 0;
  for (std::size_t i = 0; i < test.labels.size(); ++i) {
    const auto row = std::span(scores).subspan(i * probe.labels.size(), probe.labels.size());
    const auto own = std::lower_bound(probe.labels.begin(), probe.labels.end(), test.labels[i]) - probe.labels.begin();
    const auto k = static_cast<std::size_t>(own);
    if (k == probe.labels.size() || probe.labels[k] != test.labels[i]) continue;
    right += std::count_if(row.begin(), row.end(), [&](double score) { return !(score < row[k]); }) <= 5;
  }
  return right / static_cast<double>(std::max<std::size_t>(1, test.labels.size()));
}

/// The c that does best on a fifth of the pictures of each label when the others are fitted to.
double choose_c(const labelled_features& train, const clipt::probe_options& options) {
  labelled_features fitted{{0, train.values.embed, {}}, {}}, kept = fitted;
  const std::vector<bool> left_out = clipt::left_out_by_class(train.labels);
  for (std::size_t i = 0; i < train.labels.size(); ++i) (left_out[i] ? kept : fitted).add(train, i);
  if (kept.labels.empty()) throw clipt::io_error("--train: no label has two pictures: choose c by --c");
  return clipt::choose_probe_c(fitted.values, fitted.labels, kept.values, kept.labels, options);
}

outcome by_probe(const probe_command& c, const labelled_features& train, const labelled_features& test,
                 std::size_t labels) {
  constexpr int fits_to_choose = 15;
  clipt::probe_options options{.threads = c.model.threads};
  clipt::progress bar(
      {.name = "fitting", .total = options.max_iterations * (c.c ? 1 : fits_to_choose + 1), .unit = "iterations"},
      clipt::standard_progress_output(2));
  options.progress = [&bar, done = std::int64_t{0}](const clipt::lbfgs_result& now) mutable {
    bar.update(++done, [&] { return clipt::progress_fields{{"loss", fmt::format("{:.4f}", now.value)}}; });
  };
  options.c = c.c ? *c.c : choose_c(train, options);
  const auto probe = clipt::linear_probe(train.values, train.labels, options);
  bar.finish();
  return {"linear probe", confusion(labels, test.labels, probe.predict(test.values, c.model.threads)),
          top5_of(probe, test, c.model.threads), options.c};
}

/// What was found, and the labels of both sets, so that words and probe choose from the same ones: those that words are
/// of, then the others.
struct findings {
  clipt::label_prompts classes;
  std::vector<std::string> labels;
  std::vector<outcome> outcomes;
  std::vector<std::string> bad;  // what is said of pictures that cannot be used
  std::vector<clipt::left_out_path> left_out;
  int seen = 0;  // pictures to name that the model was trained on

  bool has_top5() const { return labels.size() >= 5; }
  /// The name of a label, where it is another.
  std::string name(std::size_t k) const {
    const auto& names = classes.prompts.labels;
    return k < names.size() && names[k] != labels[k] ? names[k] : "";
  }
};

void print_table(const outcome& o, const findings& found) {
  fmt::print("\n{}{}: accuracy {:.1f} %{}, mean per class {:.1f} %\n", o.name,
             o.c ? fmt::format(", c = {:.3g}", *o.c) : "", 100 * o.counts.accuracy(),
             found.has_top5() ? fmt::format(", top-5 {:.1f} %", 100 * o.top5) : "", 100 * o.counts.mean_per_class());
  const auto shown = [&](std::size_t k) {
    const std::string name = found.name(k);
    return command_line::shown(found.labels[k] + (name.empty() ? "" : " " + name));
  };
  for (std::size_t k = 0; k < found.labels.size(); ++k) {
    const int all = o.counts.of_label(k);
    if (all == 0) continue;
    const std::size_t worst = o.counts.worst(k);
    fmt::print("  {:<32} {:>4} of {:>4}{}\n", shown(k), o.counts.at(k, k), all,
               worst == k ? "" : fmt::format("   {} x {}", o.counts.at(k, worst), shown(worst)));
  }
}

nlohmann::ordered_json json_of(const outcome& o, const findings& found) {
  nlohmann::ordered_json classes = nlohmann::ordered_json::object();
  for (std::size_t k = 0; k < found.labels.size(); ++k)
    if (const int all = o.counts.of_label(k); all > 0) {
      auto& one = classes[found.labels[k]];
      one = {{"right", o.counts.at(k, k)}, {"pictures", all}, {"taken_for", found.labels[o.counts.worst(k)]}};
      if (const std::string name = found.name(k); !name.empty()) one["name"] = name;
    }
  nlohmann::ordered_json json = {{"accuracy", o.counts.accuracy()}, {"mean_per_class", o.counts.mean_per_class()}};
  if (found.has_top5()) json["top5"] = o.top5;
  if (o.c) json["c"] = *o.c;
  json["classes"] = std::move(classes);
  return json;
}

std::pair<std::string, findings> evaluate(const probe_command& c) {
  findings found;
  const clipt::any_dataset test = command_line::open_labelled(c.test, c.csv, found.left_out);
  std::vector<std::string> labels = clipt::labels_of(test);
  clipt::csv_options csv = c.csv;
  csv.where = c.train_where;
  std::optional<clipt::any_dataset> train;
  if (!c.train.empty()) {
    train = command_line::open_labelled(c.train, csv, found.left_out);
    for (std::string& label : clipt::labels_of(*train)) labels.push_back(std::move(label));
  }
  found.classes = command_line::classes_of(c.classes, clipt::distinct(labels), command_line::is_folder(c.test));
  found.labels = found.classes.labels;
  found.labels.insert(found.labels.end(), found.classes.unmatched.begin(), found.classes.unmatched.end());
  std::unordered_map<std::string, int> numbers;
  for (const std::string& label : found.labels) numbers.emplace(label, static_cast<int>(numbers.size()));
  if (const auto run = command_line::run_of(c.model.path))
    found.seen = command_line::trained_on(test, c.test, c.csv, *run);
  const models::model model = command_line::open_model(c.model);
  const auto pictures = clipt::encode_dataset(model.encode, test);
  const auto note_bad = [&](const clipt::picture_embeddings& of) {
    if (of.bad.count > 0) found.bad.push_back(of.bad.text(static_cast<int>(of.indices.size()) + of.bad.count, 10));
  };
  note_bad(pictures);
  found.outcomes.push_back(
      by_words(c, model, with_labels(pictures, test, numbers), found.classes.prompts, found.labels.size()));
  if (!train) return {model.name, std::move(found)};
  const auto fitted = clipt::encode_dataset_features(model.encode, *train);
  note_bad(fitted);
  found.outcomes.push_back(by_probe(c, with_labels(fitted, *train, numbers),
                                    with_labels(clipt::encode_dataset_features(model.encode, test), test, numbers),
                                    found.labels.size()));
  return {model.name, std::move(found)};
}

void print_json(const findings& found, const std::string& model, int pictures) {
  nlohmann::ordered_json json = {
      {"model", model}, {"pictures", pictures}, {"left_out", found.left_out.size()}, {"labels", found.labels}};
  if (found.seen > 0) json["trained_on"] = found.seen;
  json["unmatched_labels"] = found.classes.unmatched;
  for (const outcome& o : found.outcomes) json[o.name] = json_of(o, found);
  fmt::print("{}\n", clipt::json_text(json, 2));
}

int run(const probe_command& c) {
  const auto [model, found] = evaluate(c);
  const int pictures = found.outcomes.front().counts.all();
  command_line::tell_of(found.classes, "clip_probe");
  for (const std::string& bad : found.bad) command_line::complain("clip_probe", bad);
  for (const clipt::left_out_path& path : found.left_out) command_line::complain("clip_probe", path.text());
  if (!c.picture.empty()) clipt::write_file_atomically(c.picture, found.outcomes.back().counts.svg(found.labels));
  if (c.json) {
    print_json(found, model, pictures);
  } else {
    if (found.seen > 0) fmt::print("{} of the pictures below were trained on\n", found.seen);
    for (const outcome& o : found.outcomes) print_table(o, found);
  }
  return !found.bad.empty() || !found.left_out.empty() || !found.classes.unmatched.empty() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  probe_command c;
  CLI::App app(
      "Evaluates a model on labelled pictures: by words alone and, with --train, by a linear probe of its features.\n"
      "  clip_probe --model ViT-B-32.pt --test pets/test --train pets/train --template \"a photo of a {}.\"\n"
      "A set is a table (--csv-label-key) or a folder with a folder for each label. Exit codes: 0 done, 1 some "
      "pictures or labels could not be used, 2 for what cannot be done.",
      "clip_probe");
  command_line::add_model_flags(app, c.model);
  app.add_option("--test", c.test, "pictures to name")->required()->check(CLI::ExistingPath);
  app.add_option("--train", c.train, "pictures that a linear probe is fitted to")->check(CLI::ExistingPath);
  app.add_option("--train-where", c.train_where, "rows of the table of --train");
  app.add_option("--template", c.classes.templates, "sentence for a label, {} in its place; may be given several times")
      ->allow_extra_args(false);
  command_line::add_class_flags(app, c.classes);
  app.add_option(
         "--c", c.c,
         "weight of the data in the probe beside its penalty (what does best on a fifth of --train, label by label)")
      ->check(command_line::in_range({.least = std::numeric_limits<double>::min()}));
  app.add_option("--confusion", c.picture,
                 "write the confusions as an SVG picture: rows are labels, columns predictions");
  app.add_flag("--json", c.json, "one JSON object instead of text");
  command_line::add_csv_flags(app, c.csv);
  return command_line::run(app, argc, argv, [&] {
    if (c.train.empty() && (c.c || !c.train_where.empty()))
      throw clipt::io_error(fmt::format("{} is for a linear probe: give --train", c.c ? "--c" : "--train-where"));
    return run(c);
  });
}
