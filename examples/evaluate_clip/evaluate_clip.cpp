// evaluate_clip: zero-shot accuracy and retrieval of any CLIP, on a table or folders of pictures or on the embedded scenes.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <clipt/io/json_text.hpp>
#include <clipt/report/run_report.hpp>
#include <clipt/train/run_folder.hpp>

#include "../common/command_line.hpp"
#include "../common/model_flags.hpp"
#include "../common/seen_pictures.hpp"

#include <optional>

namespace {

namespace fs = std::filesystem;

struct evaluate_command {
  command_line::model_flags model;
  std::string dataset, report;
  clipt::csv_options csv;
  command_line::evaluation_flags evaluation;
  std::uint64_t seed = 0;
  bool json = false, seed_given = false;
};

using command_line::trained_run;

/// The seed of the scenes is the training's unless it was given: held-out scenes must be of the same world.
std::uint64_t scenes_seed(const evaluate_command& c, const std::optional<trained_run>& run) {
  const bool known = run && run->options.contains("seed") && run->options["seed"].is_number_unsigned();
  return !c.seed_given && known ? run->options["seed"].get<std::uint64_t>() : c.seed;
}

clipt::evaluation_plan plan_of(const evaluate_command& c, const std::optional<trained_run>& run,
                               command_line::plan_remarks& remarks) {
  if (c.dataset == "scenes") return command_line::plan_of_scenes(c.evaluation, scenes_seed(c, run), c.model.threads);
  clipt::evaluation_plan plan = command_line::plan_of_table(c.evaluation, c.csv, c.model.threads, &remarks);
  if (run)
    plan.seen = command_line::trained_on(plan.labelled ? *plan.labelled : *plan.paired, c.evaluation.data, c.csv, *run);
  return plan;
}

void write_page(const evaluate_command& c, const std::string& model, const std::optional<trained_run>& run,
                const clipt::evaluation_plan& plan, const clipt::evaluation& e) {
  auto configuration = clipt::report_configuration(run ? run->options : nlohmann::ordered_json::object());
  if (run)
    configuration.insert(configuration.begin(), {{"preset", model}, {"checkpoint", run->checkpoint.string()}});
  else
    configuration.insert(configuration.begin(), {{"model", model}, {"weights", c.model.path}});
  const std::string on = c.dataset == "scenes" ? "scenes" : fs::path(c.evaluation.data).filename().string();
  const fs::path metrics = run ? clipt::run_folder(run->checkpoint.parent_path()).metrics() : fs::path();
  clipt::write_report(
      c.report, clipt::make_run_report(fmt::format("{} on {}", model, on), plan, e, metrics, std::move(configuration)));
}

void print_text(const evaluate_command& c, const std::string& model, const std::optional<trained_run>& run,
                const clipt::evaluation_plan& plan, const clipt::evaluation& e) {
  if (run)
    fmt::print("{} ({}, step {})\n", run->checkpoint.string(), model, run->state.step);
  else
    fmt::print("{} ({})\n", c.model.path, model);
  fmt::print("{}", clipt::evaluation_text(e));
  if (!plan.paired && !command_line::is_folder(c.evaluation.data))
    fmt::print("no retrieval: --csv-caption-key names no captions\n");
  if (!c.report.empty()) fmt::print("report: {}\n", c.report);
}

void print_json(const evaluate_command& c, const std::string& model, const std::optional<trained_run>& run,
                const command_line::plan_remarks& remarks, const clipt::evaluation& e) {
  auto out = clipt::evaluation_json(e);
  out["checkpoint"] = run ? run->checkpoint.string() : c.model.path;
  if (run) {
    out["preset"] = model;
    out["step"] = run->state.step;
  }
  out["model"] = model;
  out["left_out"] = remarks.left_out.size();
  out["unmatched_labels"] = remarks.classes.unmatched;
  fmt::print("{}\n", clipt::json_text(out, 2));
}

int run(const evaluate_command& c) {
  const std::optional<trained_run> run = command_line::run_of(c.model.path);
  if (!run && c.dataset == "scenes" && c.evaluation.data.empty() && !c.seed_given)
    throw clipt::io_error(
        fmt::format("{}: no run of train_clip, whose scenes are its own; give pictures by --val-data, or "
                    "--dataset scenes with their --seed",
                    c.model.path));
  command_line::plan_remarks remarks;
  const clipt::evaluation_plan plan = plan_of(c, run, remarks);
  command_line::tell_of(remarks.classes, "evaluate_clip");
  for (const clipt::left_out_path& path : remarks.left_out) command_line::complain("evaluate_clip", path.text());
  const models::model model = command_line::open_model(c.model);
  const clipt::evaluation e = clipt::evaluate(model.encode, plan);
  if (!c.report.empty()) write_page(c, model.name, run, plan, e);
  if (c.json)
    print_json(c, model.name, run, remarks, e);
  else
    print_text(c, model.name, run, plan, e);
  const auto& bad = e.labels ? e.labels->bad : e.pairs.pictures.bad;
  const auto& read = e.labels ? e.labelled_pictures.indices : e.pairs.pictures.indices;
  if (bad.count > 0) command_line::complain("evaluate_clip", bad.text(static_cast<int>(read.size()) + bad.count, 10));
  return bad.count > 0 || !remarks.left_out.empty() || !remarks.classes.unmatched.empty() ? 1 : 0;
}

/// What was asked for, without what does not fit together.
void check(evaluate_command& c, const CLI::App& app) {
  if (c.dataset.empty()) c.dataset = c.evaluation.data.empty() ? "scenes" : "csv";
  if (c.dataset == "csv" && c.evaluation.data.empty()) throw clipt::io_error("--dataset csv needs --val-data");
  c.seed_given = app.count("--seed") > 0;
  c.evaluation.captions = app.count("--csv-caption-key") > 0;
  c.evaluation.where = c.csv.where;
  if (c.dataset == "scenes") return;
  const bool folder = command_line::is_folder(c.evaluation.data);
  if (folder && (c.evaluation.captions || !c.csv.label_key.empty()))
    throw clipt::io_error(fmt::format("{}: a folder has no columns; its folders are the labels", c.evaluation.data));
  if (!folder && !c.evaluation.captions && c.csv.label_key.empty())
    throw clipt::io_error(
        "nothing to evaluate: give --csv-label-key for zero-shot accuracy, --csv-caption-key for retrieval");
}

}  // namespace

int main(int argc, char** argv) {
  evaluate_command c;
  CLI::App app(
      "Evaluates a CLIP: zero-shot accuracy on labelled pictures, retrieval where they have captions.\n"
      "  evaluate_clip --model ViT-B-32.pt --val-data imagenet/val --class-names LOC_synset_mapping.txt \\\n"
      "                --prompts openai_prompts.json ImageNet\n"
      "  evaluate_clip --model ViT-B-32.pt --val-data coco.tsv --csv-caption-key caption\n"
      "Rows with the same path are one picture with several captions. Exit codes: 0 done, 1 some pictures or labels "
      "could not be used, 2 for what cannot be done.",
      "evaluate_clip");
  command_line::add_model_flags(app, c.model, "--checkpoint,--model");
  app.add_option("--dataset", c.dataset, "csv (a table or a folder, --val-data) or scenes (drawn by the program)")
      ->check(CLI::IsMember({"csv", "scenes"}));
  app.add_option("--seed", c.seed, "of the scenes (that of the training)")->check(command_line::in_range({}));
  app.add_flag("--json", c.json, "print one JSON object instead of text");
  app.add_option("--report", c.report, "write a page with pictures to this file");
  command_line::add_csv_flags(app, c.csv);
  command_line::add_evaluation_flags(app, c.evaluation, CLI::ExistingPath);
  command_line::add_class_flags(app, c.evaluation.classes);
  return command_line::run(app, argc, argv, [&] {
    check(c, app);
    return run(c);
  });
}
