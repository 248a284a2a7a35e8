// clip_probe: how well a model names the pictures of a labelled set, by words alone and by a linear probe.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <clipt/data/folder_dataset.hpp>
#include <clipt/evaluate/labelled_evaluation.hpp>
#include <clipt/evaluate/linear_probe.hpp>
#include <clipt/train/progress.hpp>
#include <clipt/evaluate/prompt_files.hpp>
#include <clipt/io/file.hpp>
#include <clipt/io/json_text.hpp>

#include "../common/command_line.hpp"
#include "../common/model_flags.hpp"
#include "confusion.hpp"

#include <limits>
#include <optional>

namespace {

namespace fs = std::filesystem;

struct probe_command {
  command_line::model_flags model;
  clipt::csv_options csv;
  std::string test, train, train_where, templates_file;
  std::vector<std::string> templates;
  fs::path picture;
  std::optional<double> c;
  bool json = false;
};

/// A table, or a folder with a folder for each label; what lies there and is no part of the data is left out.
clipt::any_dataset open_data(const std::string& path, clipt::csv_options csv,
                             std::vector<clipt::left_out_path>& left_out) {
  if (std::error_code failure; fs::is_directory(path, failure)) {
    clipt::folder_dataset data(path);
    left_out.insert(left_out.end(), data.left_out().begin(), data.left_out().end());
    return data;
  }
  if (csv.label_key.empty()) throw clipt::io_error(fmt::format("{}: a table needs --csv-label-key", path));
  csv.caption_key = csv.label_key;
  return clipt::csv_dataset(path, csv);
}

/// Numbers for labels, which grow as new ones are met.
std::vector<int> numbers_of(const clipt::picture_embeddings& pictures, const clipt::any_dataset& data,
                            std::vector<std::string>& labels) {
  std::vector<int> numbers;
  for (const int i : pictures.indices) {
    const auto found = std::find(labels.begin(), labels.end(), data.label(i));
    numbers.push_back(static_cast<int>(found - labels.begin()));
    if (found == labels.end()) labels.push_back(data.label(i));
  }
  return numbers;
}

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

/// One way of naming, evaluated.
struct outcome {
  std::string name;
  confusion counts;
  std::optional<double> c = {};
};

outcome by_words(const probe_command& c, const models::model& model, const clipt::embeddings& test,
                 const std::vector<int>& truth, const std::vector<std::string>& labels) {
  clipt::prompt_set prompts{labels};
  if (!c.templates.empty()) prompts.templates = c.templates;
  if (!c.templates_file.empty()) prompts.templates = clipt::templates_from_file(c.templates_file);
  const auto found = clipt::classify(test, clipt::label_embeddings(model.encode, prompts), truth, c.model.threads);
  return {"zero-shot", confusion(labels.size(), truth, found.predicted)};
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
  return {"linear probe", confusion(labels, test.labels, probe.predict(test.values, c.model.threads)), options.c};
}

void print_table(const outcome& o, const std::vector<std::string>& labels) {
  fmt::print("\n{}{}: accuracy {:.1f} %, mean per class {:.1f} %\n", o.name,
             o.c ? fmt::format(", c = {:.3g}", *o.c) : "", 100 * o.counts.accuracy(), 100 * o.counts.mean_per_class());
  for (std::size_t k = 0; k < labels.size(); ++k) {
    const int all = o.counts.of_label(k);
    if (all == 0) continue;
    const std::size_t worst = o.counts.worst(k);
    fmt::print("  {:<32} {:>4} of {:>4}{}\n", command_line::shown(labels[k]), o.counts.at(k, k), all,
               worst == k ? "" : fmt::format("   {} x {}", o.counts.at(k, worst), command_line::shown(labels[worst])));
  }
}

nlohmann::ordered_json json_of(const outcome& o, const std::vector<std::string>& labels) {
  nlohmann::ordered_json classes = nlohmann::ordered_json::object();
  for (std::size_t k = 0; k < labels.size(); ++k)
    if (const int all = o.counts.of_label(k); all > 0)
      classes[labels[k]] = {{"right", o.counts.at(k, k)}, {"pictures", all}, {"taken_for", labels[o.counts.worst(k)]}};
  nlohmann::ordered_json json = {{"accuracy", o.counts.accuracy()}, {"mean_per_class", o.counts.mean_per_class()}};
  if (o.c) json["c"] = *o.c;
  json["classes"] = std::move(classes);
  return json;
}

/// What was found, and the names of the labels: those of both sets, so that words and probe choose from the same ones.
struct findings {
  std::vector<std::string> labels;
  std::vector<outcome> outcomes;
  clipt::bad_sample_summary bad;
  std::vector<clipt::left_out_path> left_out;
};

findings evaluate(const probe_command& c, const models::model& model) {
  findings found;
  const clipt::any_dataset test = open_data(c.test, c.csv, found.left_out);
  const auto pictures = clipt::encode_dataset(model.encode, test);
  const std::vector<int> truth = numbers_of(pictures, test, found.labels);
  found.bad = pictures.bad;
  if (c.train.empty()) {
    found.outcomes.push_back(by_words(c, model, pictures.values, truth, found.labels));
    return found;
  }
  clipt::csv_options csv = c.csv;
  csv.where = c.train_where;
  const clipt::any_dataset train = open_data(c.train, csv, found.left_out);
  auto fitted = clipt::encode_dataset_features(model.encode, train);
  const std::vector<int> labels = numbers_of(fitted, train, found.labels);
  found.outcomes.push_back(by_words(c, model, pictures.values, truth, found.labels));
  found.outcomes.push_back(by_probe(c, {std::move(fitted.values), labels},
                                    {clipt::encode_dataset_features(model.encode, test).values, truth},
                                    found.labels.size()));
  return found;
}

int run(const probe_command& c) {
  const models::model model = command_line::open_model(c.model);
  const auto [labels, outcomes, bad, left_out] = evaluate(c, model);
  const int pictures = outcomes.front().counts.all();
  if (bad.count > 0) command_line::complain("clip_probe", bad.text(pictures + bad.count, 10));
  for (const clipt::left_out_path& path : left_out) command_line::complain("clip_probe", path.text());
  if (!c.picture.empty()) clipt::write_file_atomically(c.picture, outcomes.back().counts.svg(labels));
  nlohmann::ordered_json json = {
      {"model", model.name}, {"pictures", pictures}, {"left_out", left_out.size()}, {"labels", labels}};
  for (const outcome& o : outcomes) {
    if (c.json)
      json[o.name] = json_of(o, labels);
    else
      print_table(o, labels);
  }
  if (c.json) fmt::print("{}\n", clipt::json_text(json, 2));
  return bad.count > 0 || !left_out.empty() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  probe_command c;
  CLI::App app(
      "Evaluates a model on labelled pictures: by words alone and, with --train, by a linear probe of its features.\n"
      "  clip_probe --model ViT-B-32.pt --test pets/test --train pets/train --template \"a photo of a {}.\"\n"
      "A set is a table (--csv-label-key) or a folder with a folder for each label. Exit codes: 0 done, 1 some "
      "pictures could not be read, 2 for what cannot be done.",
      "clip_probe");
  command_line::add_model_flags(app, c.model);
  app.add_option("--test", c.test, "pictures to name")->required()->check(CLI::ExistingPath);
  app.add_option("--train", c.train, "pictures that a linear probe is fitted to")->check(CLI::ExistingPath);
  app.add_option("--train-where", c.train_where, "rows of the table of --train");
  app.add_option("--template", c.templates, "sentence for a label, {} in its place; may be given several times")
      ->allow_extra_args(false);
  app.add_option("--templates", c.templates_file, "a sentence a line")->check(CLI::ExistingFile);
  app.add_option(
         "--c", c.c,
         "weight of the data in the probe beside its penalty (what does best on a fifth of --train, label by label)")
      ->check(command_line::in_range({.least = std::numeric_limits<double>::min()}));
  app.add_option("--confusion", c.picture,
                 "write the confusions as an SVG picture: rows are labels, columns predictions");
  app.add_flag("--json", c.json, "one JSON object instead of text");
  command_line::add_csv_flags(app, c.csv);
  return command_line::run(app, argc, argv, [&] { return run(c); });
}
