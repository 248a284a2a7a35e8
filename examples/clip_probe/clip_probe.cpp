// clip_probe: how well a model names the pictures of a labelled set, by words alone and by a linear probe.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <clipt/clip/folder_dataset.hpp>
#include <clipt/clip/labelled_evaluation.hpp>
#include <clipt/clip/linear_probe.hpp>
#include <clipt/clip/progress.hpp>
#include <clipt/clip/prompt_files.hpp>
#include <clipt/io/png.hpp>

#include "../common/command_line.hpp"
#include "../common/model_flags.hpp"
#include "confusion.hpp"

namespace {

namespace fs = std::filesystem;

struct probe_command {
  command_line::model_flags model;
  clipt::csv_options csv;
  std::string test, train, train_where, templates_file;
  std::vector<std::string> templates;
  fs::path picture;
  double c = 0;
  bool json = false;
};

/// A table, or a folder with a folder for each label.
clipt::any_dataset open_data(const std::string& path, clipt::csv_options csv) {
  if (fs::is_directory(path)) return clipt::folder_dataset(path);
  if (csv.label_key.empty()) throw clipt::io_error(fmt::format("{}: a table needs --csv-label-key", path));
  csv.caption_key = csv.label_key;
  return clipt::csv_dataset(path, csv);
}

/// Embedded pictures and the numbers of their labels, which grow as new ones are met.
struct labelled_pictures {
  clipt::picture_embeddings pictures;
  std::vector<int> labels;
};

labelled_pictures embed(const models::model& model, const clipt::any_dataset& data, std::vector<std::string>& labels) {
  labelled_pictures result{clipt::encode_dataset(model.encode, data), {}};
  for (const int i : result.pictures.indices) {
    const auto found = std::find(labels.begin(), labels.end(), data.label(i));
    result.labels.push_back(static_cast<int>(found - labels.begin()));
    if (found == labels.end()) labels.push_back(data.label(i));
  }
  return result;
}

/// One way of naming, evaluated.
struct outcome {
  std::string name;
  confusion counts;
};

outcome by_words(const probe_command& c, const models::model& model, const labelled_pictures& test,
                 const std::vector<std::string>& labels) {
  clipt::prompt_set prompts{labels};
  if (!c.templates.empty()) prompts.templates = c.templates;
  if (!c.templates_file.empty()) prompts.templates = clipt::templates_from_file(c.templates_file);
  const auto found = clipt::classify(test.pictures.values, clipt::label_embeddings(model.encode, prompts), test.labels,
                                     c.model.threads);
  return {"zero-shot", confusion(labels.size(), test.labels, found.predicted)};
}

/// The probe's classifier; how many iterations it takes is known when it has them.
clipt::linear_classifier fit(const probe_command& c, const labelled_pictures& train) {
  clipt::probe_options options{.c = c.c, .threads = c.model.threads};
  clipt::progress bar({.name = "fitting", .total = options.max_iterations, .unit = "iterations"},
                      clipt::standard_progress_output(2));
  options.progress = [&](const clipt::lbfgs_result& now) {
    bar.update(now.iterations, [&] { return clipt::progress_fields{{"loss", fmt::format("{:.4f}", now.value)}}; });
  };
  return clipt::linear_probe(train.pictures.values, train.labels, options);
}

outcome by_probe(const probe_command& c, const models::model& model, const labelled_pictures& test,
                 std::vector<std::string>& labels) {
  clipt::csv_options csv = c.csv;
  csv.where = c.train_where;
  const labelled_pictures train = embed(model, open_data(c.train, csv), labels);
  const std::vector<int> predicted = fit(c, train).predict(test.pictures.values, c.model.threads);
  return {"linear probe", confusion(labels.size(), test.labels, predicted)};
}

void print_table(const outcome& o, const std::vector<std::string>& labels) {
  fmt::print("\n{}: accuracy {:.1f} %, mean per class {:.1f} %\n", o.name, 100 * o.counts.accuracy(),
             100 * o.counts.mean_per_class());
  for (std::size_t k = 0; k < labels.size(); ++k) {
    const int all = o.counts.of_label(k);
    if (all == 0) continue;
    const std::size_t worst = o.counts.worst(k);
    fmt::print("  {:<32} {:>4} of {:>4}{}\n", labels[k], o.counts.at(k, k), all,
               worst == k ? "" : fmt::format("   {} x {}", o.counts.at(k, worst), labels[worst]));
  }
}

nlohmann::ordered_json json_of(const outcome& o, const std::vector<std::string>& labels) {
  nlohmann::ordered_json classes = nlohmann::ordered_json::object();
  for (std::size_t k = 0; k < labels.size(); ++k)
    if (const int all = o.counts.of_label(k); all > 0)
      classes[labels[k]] = {{"right", o.counts.at(k, k)}, {"pictures", all}, {"taken_for", labels[o.counts.worst(k)]}};
  return {{"accuracy", o.counts.accuracy()}, {"mean_per_class", o.counts.mean_per_class()}, {"classes", classes}};
}

int run(const probe_command& c) {
  const models::model model = command_line::open_model(c.model);
  std::vector<std::string> labels;
  const labelled_pictures test = embed(model, open_data(c.test, c.csv), labels);
  const auto& bad = test.pictures.bad;
  if (bad.count > 0) fmt::print(stderr, "clip_probe: {}\n", bad.text(test.pictures.values.count + bad.count, 10));
  std::vector<outcome> outcomes;
  outcomes.push_back(by_words(c, model, test, labels));
  if (!c.train.empty()) outcomes.push_back(by_probe(c, model, test, labels));
  if (!c.picture.empty()) clipt::write_file_atomically(c.picture, clipt::encode_png(outcomes.back().counts.picture()));
  nlohmann::ordered_json json = {{"model", model.name}, {"pictures", test.labels.size()}, {"labels", labels}};
  for (const outcome& o : outcomes) {
    if (c.json)
      json[o.name] = json_of(o, labels);
    else
      print_table(o, labels);
  }
  if (c.json) fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  return bad.count > 0 ? 1 : 0;
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
  app.add_option("--c", c.c, "weight of the data in the probe beside its penalty")
      ->default_val(0.316)
      ->check(CLI::PositiveNumber);
  app.add_option("--confusion", c.picture, "write the confusions as a PNG: rows are labels, columns predictions");
  app.add_flag("--json", c.json, "one JSON object instead of text");
  command_line::add_csv_flags(app, c.csv);
  return command_line::run(app, argc, argv, [&] { return run(c); });
}
