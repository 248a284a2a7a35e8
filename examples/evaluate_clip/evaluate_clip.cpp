// evaluate_clip: zero-shot accuracy and retrieval of a trained CLIP, on a table of pictures or on the embedded scenes.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <clipt/report/run_report.hpp>
#include <clipt/io/json_text.hpp>

#include "../common/command_line.hpp"
#include "../common/with_progress.hpp"
#include <clipt/train/run_folder.hpp>

#include "../models/model.hpp"

namespace {

namespace fs = std::filesystem;

struct evaluate_command {
  std::string checkpoint, dataset, report;
  clipt::csv_options csv;
  command_line::evaluation_flags evaluation;
  std::uint64_t seed = 0;
  int threads = 0;
  bool json = false;
};

/// The checkpoint itself, or the one in a run's folder.
fs::path checkpoint_file(const std::string& given) {
  std::error_code failure;
  if (!fs::is_directory(given, failure)) return given;
  const fs::path latest = clipt::run_folder(given).latest();
  if (!fs::exists(latest, failure))
    throw clipt::io_error(fmt::format("--checkpoint {}: there is no epoch_latest.safetensors in this folder", given));
  return latest;
}

/// The seed of the scenes is the training's unless it was given: held-out scenes must be of the same world.
std::uint64_t scenes_seed(const evaluate_command& c, bool given, const nlohmann::ordered_json& options) {
  const bool known = options.is_object() && options.contains("seed") && options["seed"].is_number_unsigned();
  return !given && known ? options["seed"].get<std::uint64_t>() : c.seed;
}

void write_page(const evaluate_command& c, const fs::path& checkpoint, const clipt::training_state& state,
                const clipt::evaluation_plan& plan, const clipt::evaluation& e, const nlohmann::ordered_json& options) {
  auto configuration = clipt::report_configuration(options.is_object() ? options : nlohmann::ordered_json::object());
  configuration.insert(configuration.begin(), {{"preset", state.preset}, {"checkpoint", checkpoint.string()}});
  const std::string on = c.dataset == "scenes" ? "scenes" : fs::path(c.evaluation.data).filename().string();
  clipt::write_report(c.report, clipt::make_run_report(fmt::format("{} on {}", state.preset, on), plan, e,
                                                       clipt::run_folder(checkpoint.parent_path()).metrics(),
                                                       std::move(configuration)));
}

int run(const evaluate_command& c, bool seed_given) {
  const fs::path checkpoint = checkpoint_file(c.checkpoint);
  const auto state = clipt::read_training_state(checkpoint);
  const auto options = clipt::detail::parse_json<nlohmann::ordered_json>(state.options);
  const clipt::evaluation_plan plan =
      c.dataset == "scenes" ? command_line::plan_of_scenes(c.evaluation, scenes_seed(c, seed_given, options), c.threads)
                            : command_line::plan_of_table(c.evaluation, c.csv, c.threads);
  const models::model model = models::open(checkpoint, {}, c.threads);
  const clipt::evaluation e = clipt::evaluate(command_line::with_progress(model.encode), plan);
  if (!c.report.empty()) write_page(c, checkpoint, state, plan, e, options);
  if (c.json) {
    auto out = clipt::evaluation_json(e);
    out["checkpoint"] = checkpoint.string();
    out["preset"] = state.preset;
    out["step"] = state.step;
    fmt::print("{}\n", clipt::json_text(out, 2));
    return 0;
  }
  fmt::print("{} ({}, step {})\n{}", checkpoint.string(), state.preset, state.step, clipt::evaluation_text(e));
  if (!plan.paired && c.dataset != "scenes") fmt::print("no retrieval: --csv-caption-key names no captions\n");
  const auto& bad = e.labels ? e.labels->bad : e.pairs.pictures.bad;
  const int all = plan.labelled ? plan.labelled->size() : plan.paired->size();
  if (bad.count > 0) fmt::print("{}\n", bad.text(all, 10));
  if (!c.report.empty()) fmt::print("report: {}\n", c.report);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  evaluate_command c;
  CLI::App app("Evaluates a CLIP that train_clip has trained. Exit codes: 0 done, 2 for what cannot be done.",
               "evaluate_clip");
  app.add_option("--checkpoint", c.checkpoint, "checkpoint of train_clip, or the folder of a run")
      ->required()
      ->check(CLI::ExistingPath);
  app.add_option("--dataset", c.dataset, "csv (a table, --val-data) or scenes (drawn by the program)")
      ->check(CLI::IsMember({"csv", "scenes"}));
  const auto* seed = app.add_option("--seed", c.seed, "of the scenes (that of the training)");
  app.add_option("--threads", c.threads, "threads that compute; 0: all")
      ->capture_default_str()
      ->check(command_line::in_range({}));
  app.add_flag("--json", c.json, "print one JSON object instead of text");
  app.add_option("--report", c.report, "write a page with pictures to this file");
  command_line::add_csv_flags(app, c.csv);
  command_line::add_evaluation_flags(app, c.evaluation);
  return command_line::run(app, argc, argv, [&] {
    if (c.dataset.empty()) c.dataset = c.evaluation.data.empty() ? "scenes" : "csv";
    if (c.dataset == "csv" && c.evaluation.data.empty()) throw clipt::io_error("--dataset csv needs --val-data");
    c.evaluation.captions = app.count("--csv-caption-key") > 0;
    if (c.dataset == "csv" && !c.evaluation.captions && c.csv.label_key.empty())
      throw clipt::io_error(
          "nothing to evaluate: give --csv-label-key for zero-shot accuracy, --csv-caption-key for retrieval");
    c.evaluation.where = c.csv.where;
    return run(c, seed->count() > 0);
  });
}
