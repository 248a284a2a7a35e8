// One training run: data, vocabulary, model, loop, evaluation on the way and at the end, report.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <csignal>

#include <clipt/data/scenes_dataset.hpp>
#include <clipt/io/file_lock.hpp>
#include <clipt/report/run_report.hpp>

#include "../common/seen_pictures.hpp"
#include "../tensorboard/tensorboard.hpp"
#include "command.hpp"
#include "origin.hpp"

namespace {

namespace fs = std::filesystem;

std::atomic<bool> interrupted{false};

/// The first signal ends the run after its step; a second one ends the program as usual.
void stop_politely(int signal) {
  interrupted = true;
  std::signal(signal, SIG_DFL);
}

clipt::any_dataset training_data(const train_command& c) {
  if (c.dataset == "scenes") return clipt::scenes_dataset(c.options.seed, c.scenes);
  return clipt::csv_dataset(c.train_data, c.csv);
}

/// What the run is evaluated on; of a table only what labels or data of their own make possible.
clipt::evaluation_plan evaluation_plan(const train_command& c, const clipt::any_dataset& training) {
  if (c.dataset == "scenes") return command_line::plan_of_scenes(c.evaluation, c.options.seed, c.options.threads);
  if (c.evaluation.data.empty() && c.csv.label_key.empty()) {
    command_line::refuse_label_flags(c.evaluation, "give --val-data or --csv-label-key");
    if (!c.evaluation.where.empty()) throw clipt::io_error("--val-where needs --val-data or --csv-label-key");
    return {};
  }
  command_line::evaluation_flags flags = c.evaluation;
  if (flags.data.empty()) flags.data = c.train_data;
  command_line::plan_remarks remarks;
  clipt::evaluation_plan plan = command_line::plan_of_table(flags, c.csv, c.options.threads, &remarks);
  command_line::tell_of(remarks.classes, "train_clip");
  for (const clipt::left_out_path& path : remarks.left_out) command_line::complain("train_clip", path.text());
  plan.seen = command_line::trained_on(plan.labelled ? *plan.labelled : *plan.paired, training);
  return plan;
}

/// The figures of a validation: of labels if there are any, else of retrieval.
void add_figures(clipt::metrics_line& line, const clipt::evaluation& e) {
  if (e.labels) {
    line["top1"] = e.labels->top1;
    line["top5"] = e.labels->top5;
  } else {
    line["image_to_text_r1"] = e.retrieval->image_to_text.at1;
    line["text_to_image_r1"] = e.retrieval->text_to_image.at1;
  }
}

void add_validation(clipt::metrics_line& line, const clipt::encoders& model, const clipt::evaluation_plan& plan) {
  clipt::evaluation_plan quick = plan;
  quick.group_key.clear();
  if (quick.labelled) quick.paired.reset();
  add_figures(line, clipt::evaluate(model, quick));
}

/// Refuses a figure that no validation of this plan will have, before there is one. Errors: io_error that names those
/// there are.
void check_keep_best(const std::string& figure, const clipt::evaluation_plan& plan) {
  if (figure.empty() || (!plan.labelled && !plan.paired)) return;  // the trainer says that there is no validation
  clipt::evaluation e;
  if (plan.labelled)
    e.labels.emplace();
  else
    e.retrieval.emplace();
  clipt::metrics_line line = clipt::metrics_line::object();
  add_figures(line, e);
  if (line.contains(figure)) return;
  std::vector<std::string> names;
  for (const auto& item : line.items()) names.push_back(item.key());
  throw clipt::io_error(fmt::format("--keep-best is '{}', which is not among the figures of this validation: {}",
                                    figure, fmt::join(names, ", ")));
}

void say_what_is_trained(const train_command& c, models::training& training, int pairs, int symbols, bool resumed) {
  const auto all = training.parameters(), moving = training.trained_parameters();
  fmt::print("{}: {} parameters{}, {} pairs, {} symbols, {} steps{}\n", c.preset, all,
             moving == all ? "" : fmt::format(", {} trained", moving), pairs, symbols, training.total_steps(),
             resumed ? fmt::format(", from step {}", training.state().step) : "");
}

void finish(const train_command& c, models::training& training, const clipt::encoders& model,
            const clipt::evaluation_plan& plan) {
  const clipt::run_folder folder(c.output);
  const fs::path page = folder.path() / "report.html";
  const clipt::evaluation e = clipt::evaluate(model, plan);
  fmt::print("{}", clipt::evaluation_text(e));
  auto configuration =
      clipt::report_configuration(clipt::detail::parse_json<nlohmann::ordered_json>(training.state().options));
  configuration.insert(configuration.begin(),
                       {{"preset", c.preset}, {"parameters", fmt::format("{}", training.parameters())}});
  const std::string title =
      fmt::format("{} on {}", c.preset, c.dataset == "scenes" ? "scenes" : fs::path(c.train_data).filename().string());
  clipt::write_report(page, clipt::make_run_report(title, plan, e, folder.metrics(), std::move(configuration)));
  if (e.labels && e.labels->bad.count > 0) fmt::print("evaluation: {}\n", e.labels->bad.text(plan.labelled->size(), 5));
  fmt::print("report: {}\n", page.string());
}

}  // namespace

int run_training(train_command c) {
  const origin begun = open_origin(c);
  const models::architecture& architecture = models::find(c.preset, "--preset");
  const clipt::any_dataset data = training_data(c);
  const clipt::evaluation_plan plan = evaluation_plan(c, data);
  check_keep_best(c.options.keep_best, plan);
  const clipt::run_folder folder(c.output);
  const fs::path resumed = checkpoint_to_resume(c, folder);
  const clipt::training_state state =
      resumed.empty() ? new_state(c, begun, data, architecture.vocabulary) : resumed_state(c, begun, data, resumed);
  const auto words = clipt::tokenizer::from_merges_text(state.merges);
  fs::create_directories(c.output);
  const clipt::file_lock one_at_a_time(folder.path() / "lock");
  folder.remove_unfinished();
  std::unique_ptr<tensorboard::event_log> events;
  if (c.report_to == "tensorboard") c.options.observe = [&](const clipt::metrics_line& line) { events->write(line); };
  const auto training = architecture.train(data, words, c.options, c.output, state);
  begin(c, begun, *training, resumed);
  if (c.overwrite) folder.clear();  // not before: what it begins with may lie there, or something may be refused
  if (c.options.observe)
    events = tensorboard::open(folder.path() / "tensorboard",
                               resumed.empty() ? std::nullopt : std::optional(training->state().step));
  say_what_is_trained(c, *training, data.size(), words.vocabulary_size(), !resumed.empty());
  std::fflush(stdout);
  std::signal(SIGINT, stop_politely);
  std::signal(SIGTERM, stop_politely);

  const clipt::encoders model = training->encoders(words);
  std::function<void(clipt::metrics_line&)> validate;
  if (plan.labelled || plan.paired) validate = [&](clipt::metrics_line& line) { add_validation(line, model, plan); };
  const auto end = training->run(interrupted, clipt::standard_progress_output(1), validate);
  if (!training->bad_pictures().empty()) fmt::print("{}\n", training->bad_pictures());
  const std::string checkpoint = folder.latest().string();
  if (end == clipt::training_end::interrupted) {
    fmt::print("checkpoint: {}\ninterrupted at step {} of {}: the same command with --resume latest goes on\n",
               checkpoint, training->state().step, training->total_steps());
    return exit_interrupted;
  }
  finish(c, *training, model, plan);
  fmt::print("checkpoint: {}\n", checkpoint);
  return 0;
}
